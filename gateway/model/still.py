"""What a camera sees at one instant."""

from dataclasses import dataclass

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Still:
    """`jpeg` was decoded `taken_at`, after somebody had asked for it: never an old picture."""

    taken_at: Micros
    jpeg: bytes
