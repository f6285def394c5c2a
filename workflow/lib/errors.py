"""The one error a user can cause."""


class BadInput(ValueError):
    """What came, what was needed and where, in one sentence; shown to the user without a traceback."""
