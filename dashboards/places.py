"""The pages there are, and where."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from gateway.security.roles import Right


class Place(StrEnum):
    """A page's path."""

    DESK = "/"
    ACCESS = "/access"
    VEHICLES = "/vehicles"
    QUIET = "/quiet"
    HAND_OVER = "/hand-over"
    REPORTS = "/reports"
    HEALTH = "/health"


NEEDS: Final[Mapping[Place, Right]] = {Place.HEALTH: Right.SEE_HEALTH}
"""Pages that are not for everybody who may read."""


def open_to(rights: Collection[Right]) -> tuple[Place, ...]:
    """The pages that somebody with these rights may see."""
    return tuple(place for place in Place if NEEDS.get(place, Right.READ) in rights)
