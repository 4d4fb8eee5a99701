"""The one error a person is meant to read, and the one that any computation may meet."""

__all__ = ["InputError", "is_out_of_memory", "printable"]


class InputError(ValueError):
    """What a person gave cannot be used; the message is one line that names the cause and the remedy.

    The command line prints it and exits with 2; the pages show it in place of the result. Anything else that is
    raised is a defect of ours.
    """


_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that memory ran out, of the machine or of the GPU (torch says so in a RuntimeError).

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("memory"))
    (True, False)
    """
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error).lower() for text in _MEMORY)
    )


def printable(text: str) -> str:
    r"""A line without what would move a terminal's cursor or end the line: of files' names, such characters spelt.

    >>> print(printable("no file a\n\x1b[2J"))
    no file a\n\x1b[2J
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
