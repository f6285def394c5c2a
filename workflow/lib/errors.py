"""The one error a user can cause."""

LONGEST = 900  # characters; what is longer has lost its middle


class BadInput(ValueError):
    """What came, what was needed and where, in one sentence; shown to the user without a traceback.

    It may quote names and values of any origin: what is not printable is escaped, so that it stays one line and moves no cursor.
    """

    def __init__(self, sentence):
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(sentence))
        super().__init__(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 300]} ... {shown[-290:]}")
