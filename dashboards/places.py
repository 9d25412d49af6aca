"""The pages there are, and where."""

from enum import StrEnum


class Place(StrEnum):
    """A page's path."""

    DESK = "/"
    HAND_OVER = "/hand-over"
