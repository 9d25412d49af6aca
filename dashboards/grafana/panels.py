"""What a dashboard is made of, whichever language its server is asked in."""

from dataclasses import dataclass
from enum import Enum, auto

from dashboards.grafana.questions import Question
from gateway.model.text import Text


class Drawing(Enum):
    """How answers are shown."""

    CURVE = auto()
    BARS = auto()
    TIMELINE = auto()
    """A band for each series, coloured by what it says."""
    FIGURE = auto()
    """The last value, large."""
    PIE = auto()
    TABLE = auto()


class Colours(Enum):
    """What values are coloured by."""

    NONE = auto()
    STATE = auto()
    QUALITY = auto()
    ZERO_IS_GOOD = auto()
    RATE = auto()
    """Alarms in ten minutes (EEMUA 191): 1 is acceptable, over 10 is a flood."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and what its series are called; `{device}` and the like stand for a tag."""

    question: Question
    legend: str = "{device}"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `unit` is Grafana's; the width is in 24ths of the page, the height in its rows.
    `nothing` is shown where there is no answer."""

    title: Text
    asks: tuple[Ask, ...]
    drawing: Drawing
    unit: str = "short"
    width: int = 12
    height: int = 8
    colours: Colours = Colours.NONE
    about: str = ""
    nothing: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: Text
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `measurements` decide which devices can be chosen above it; `of_site`: none
    can, only the site. `span` is how far back it looks at first."""

    id: str
    title: Text
    rows: tuple[Row, ...]
    measurements: tuple[str, ...] = ()
    of_site: bool = False
    span: str = "6h"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of them, in the order of the page."""
        return tuple(panel for row in self.rows for panel in row.panels)
