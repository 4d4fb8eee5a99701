"""Functions run by a process beside the program: a thread that computes holds Python's lock from all others.

The process reads what it is to do from its standard input and ends with it: with the program, however that ends. What
goes there and what comes back is pickled, so functions are those of modules; exceptions are raised where it was asked
for. The process knows nothing of the program but its environment.
"""

from wsss_viz.app.worker.worker import Worker, WorkerEndedError

__all__ = ["Worker", "WorkerEndedError"]
