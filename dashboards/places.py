"""The pages there are, and where."""

from enum import StrEnum


class Place(StrEnum):
    """A page's path."""

    DESK = "/"
    ACCESS = "/access"
    VEHICLES = "/vehicles"
    QUIET = "/quiet"
    HAND_OVER = "/hand-over"
    REPORTS = "/reports"
