"""One file per step, each with a function `lesson(state)`; what a step says is computed from what it shows."""
