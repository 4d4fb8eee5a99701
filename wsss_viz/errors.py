"""The one error a person is meant to read."""


class InputError(ValueError):
    """What a person gave cannot be used; the message is one line that names the cause and the remedy.

    The command line prints it and exits with 2; the pages show it in place of the result. Anything else that is
    raised is a defect of ours.
    """
