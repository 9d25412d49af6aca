"""How the journal is doing, in figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommitTimes:
    """Since the start: how many commits, their seconds together, the longest and the last."""

    count: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0
    last_s: float = 0.0

    def and_one(self, seconds: float) -> "CommitTimes":
        """With one more."""
        return CommitTimes(
            self.count + 1, self.total_s + seconds, max(self.longest_s, seconds), seconds
        )


@dataclass(frozen=True, slots=True)
class Gauges:
    """`rows` counts places, so it is too high by what was dropped from between them for want of
    room. `bytes_used` is as of the last upkeep, without free pages. `fault` says why nothing can
    be written now."""

    rows: int
    oldest_seq: int
    bytes_used: int
    commits: CommitTimes
    fault: str | None
