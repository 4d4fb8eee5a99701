"""Work that the server does for pages, in turns, and nobody waits in silence.

A page's run is a piece of work, a short one: with more of them at once than there are processors each would only wait
longer for Python's lock. Of those that wait the one is next that is usually done soonest, but whoever waits long enough
comes before it (`queue.GIVES_WAY`), and a page says how long it waits (`frame.in_turn`). What a page does on its way is
part of it, but for long pieces (a figure, a checkpoint), which have slots of their own: its slot is given to others
meanwhile. Of those the session's is next that has had less, by a ledger that the jobs share. So nobody who reads waits
for a figure, and long work, a job's as well, rests at its next step while short pieces are made, three times as long as
it has worked in the server (`services.beside` has the most of it done by another process, of lower priority). All share
one amount of memory.

A long piece that is not let in within a moment raises `BusyError`; its place in the queue is kept until the page asks
again. The page that has said that it waits begins again when its turn has come (`Turns.remaining`), not before, and as
long as it asks for that a slot waits for it.
Work that is let in asks between its steps (`wsss_viz.interrupts`) whether its page is still there and its time not up.
"""

from wsss_viz.app.turns.pages import in_turn, pages_turn, session_id, turn, turns
from wsss_viz.app.turns.pieces import BusyError, GoneError, Limits, Piece, too_long
from wsss_viz.app.turns.queue import Turns

__all__ = [
    "BusyError",
    "GoneError",
    "Limits",
    "Piece",
    "Turns",
    "in_turn",
    "pages_turn",
    "session_id",
    "too_long",
    "turn",
    "turns",
]
