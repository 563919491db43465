"""What every part of the second verifier raises."""


class Refused(Exception):
    """A log, checkpoint or proof that does not verify; line is counted from 1; None where none is at fault."""

    def __init__(self, reason, line=None):
        super().__init__(reason)
        self.reason = reason
        self.line = line


def require(holds, reason):
    """Returns if holds is true, and raises Refused otherwise."""
    if not holds:
        raise Refused(reason)
