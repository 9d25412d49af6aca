"""What panels ask, whichever language the server is asked in: influxql.py and flux.py say it.

Alarm figures are those of EEMUA 191 (3rd edition, chapter 6 and appendix 12) and ISA-18.2 (clause
16, monitoring and assessment). "Raised" counts every time an alarm is annunciated.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FLOOD: Final = 10
"""More alarms than these in TEN_MINUTES are more than one operator can follow (EEMUA 191)."""

TEN_MINUTES: Final = "10m"

CHATTER: Final = 3
"""So many raises of one rule within a minute are chatter (ISA-18.2, 3.1: repeatedly transitions in
a short time; EEMUA 191 takes three in a minute)."""


class Figure(StrEnum):
    """What is made of the values in one interval."""

    MEAN = "mean"
    MAX = "max"
    LAST = "last"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Curve:
    """One field of a measurement over time, for each device."""

    measurement: str
    field: str
    figure: Figure
    of_site: bool = False
    """Of the whole site: areas and devices do not choose."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest value of each field, a row for each device."""

    measurement: str
    fields: tuple[str, ...]
    of_gateway: bool = False
    """Told when it changes only, so however long ago; areas and devices do not choose."""


@dataclass(frozen=True, slots=True)
class Events:
    """What happened last: the newest values of a field, with instant and device."""

    measurement: str
    field: str
    limit: int = 100


@dataclass(frozen=True, slots=True)
class AlarmRate:
    """Alarms raised in each ten minutes, by priority."""


@dataclass(frozen=True, slots=True)
class AlarmRateFigure:
    """Their mean, or greatest number, over all ten minutes shown."""

    figure: Figure


@dataclass(frozen=True, slots=True)
class FloodShare:
    """The share of ten minutes with more than FLOOD alarms; nothing where there were none."""


@dataclass(frozen=True, slots=True)
class StandingCount:
    """Rules whose alarm condition holds at the end of the time shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Those rules, and since when."""


@dataclass(frozen=True, slots=True)
class TopRules:
    """The rules raised most often, and how often."""

    limit: int = 10


@dataclass(frozen=True, slots=True)
class TopShare:
    """The share of all raises that the most frequent rules make."""

    limit: int = 10


@dataclass(frozen=True, slots=True)
class PriorityMix:
    """How often alarms of each priority were raised."""


@dataclass(frozen=True, slots=True)
class Chattering:
    """Rules raised CHATTER times or more within one minute of the clock, and the most they came to.
    Chatter over the turn of a minute may be missed."""


@dataclass(frozen=True, slots=True)
class AlarmLog:
    """The newest moves of alarms."""

    limit: int = 200


AlarmQuestion = (
    AlarmRate
    | AlarmRateFigure
    | FloodShare
    | StandingCount
    | Standing
    | TopRules
    | TopShare
    | PriorityMix
    | Chattering
    | AlarmLog
)
Question = Curve | Newest | Events | AlarmQuestion
