"""Who does something."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program, in which role, and from where (the workplace's address)."""

    user: str
    role: str = ""
    place: str = ""


GATEWAY: Final = Actor("gateway")
"""Where no person acted."""
