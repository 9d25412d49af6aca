"""What devices say of themselves on a broker."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Found:
    """One device. `entry` is what it would be in a site file, as text of one; `left_out`: what of
    it is not in there, and why."""

    id: str
    kind: str
    topic: str
    entry: str
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of the entry: who approves of it approves of nothing else."""
        return sha256(self.entry.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Heard:
    """`refused`: by topic, why nothing could be made of what was said there."""

    found: tuple[Found, ...]
    refused: tuple[tuple[str, str], ...]
