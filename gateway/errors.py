"""The four families of things that go wrong, each carrying its facts.

A library's own errors are translated into these once, at its edge.
"""


class GatehouseError(Exception):
    """`subject` names what failed (device, address, file), `problem` what is wrong with it, and
    `remedy` what the person reading this can do. All three are shown."""

    def __init__(self, subject: str, problem: str, remedy: str = "") -> None:
        super().__init__(subject, problem, remedy)
        self.subject = subject
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        told = f"{self.subject}: {self.problem}"
        return f"{told}; {self.remedy}" if self.remedy else told


class Unreachable(GatehouseError):
    """Nobody answers: try again later."""


class Unanswered(Unreachable):
    """It was sent, and nobody says whether it arrived: it may have been done."""


class Refused(GatehouseError):
    """The other side, or a rule of ours, said no: trying again the same way is pointless."""


class Missing(Refused):
    """What was asked for does not exist."""


class Malformed(GatehouseError):
    """What came in does not have the form it must have."""


class BadConfig(GatehouseError):
    """The site file or the machine's set-up is wrong: a person must change it."""
