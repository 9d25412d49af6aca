"""What is killed when: made from a seed alone, so that a failure can be repeated."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """What is done to the parts in a round."""

    GATEWAY = "gateway killed"
    BROKER = "broker killed"
    INFLUX = "InfluxDB killed"
    GATEWAY_AND_BROKER = "gateway and broker killed"
    GATEWAY_AND_INFLUX = "gateway and InfluxDB killed"
    BROKER_AND_INFLUX = "broker and InfluxDB killed"
    START = "gateway killed, and again while it started"
    CATCH_UP = "InfluxDB killed, and the gateway while it caught up"
    STALL = "gateway stopped for a while"


KILLS_GATEWAY: Final = frozenset(
    {Act.GATEWAY, Act.GATEWAY_AND_BROKER, Act.GATEWAY_AND_INFLUX, Act.START, Act.CATCH_UP}
)
KILLS_BROKER: Final = frozenset({Act.BROKER, Act.GATEWAY_AND_BROKER, Act.BROKER_AND_INFLUX})
KILLS_INFLUX: Final = frozenset({Act.INFLUX, Act.GATEWAY_AND_INFLUX, Act.BROKER_AND_INFLUX})
"""At that moment; CATCH_UP killed it before."""

DOORS: Final = 2
ZONES: Final = 2
"""New ones in each round."""
MOST_READINGS: Final = 300
LONGEST_START_S: Final = 2.5

_SHARES: Final = {
    Act.GATEWAY: 6,
    Act.BROKER: 4,
    Act.INFLUX: 3,
    Act.GATEWAY_AND_BROKER: 2,
    Act.GATEWAY_AND_INFLUX: 2,
    Act.BROKER_AND_INFLUX: 1,
    Act.START: 4,
    Act.CATCH_UP: 2,
    Act.STALL: 1,
}
_OTHER_HOURS: Final = {0: (1, -1), 1: (0,), -1: (0,)}


@dataclass(frozen=True, slots=True)
class Round:
    """`after` readings were acknowledged, `act` is done. `hours`: what the gateway's wall clock is
    set to then, away from the true time; None leaves it. `meanwhile` readings come while a part is
    down or stopped. `start_s`: how long a start may take that is cut short."""

    number: int
    after: int
    act: Act
    hours: int | None
    meanwhile: int
    start_s: float

    @property
    def doors(self) -> range:
        """Those that open in this round."""
        return range(self.number * DOORS, (self.number + 1) * DOORS)

    @property
    def zones(self) -> range:
        """Those that are breached in this round."""
        return range(self.number * ZONES, (self.number + 1) * ZONES)

    def __str__(self) -> str:
        clock = "" if self.hours is None else f", clock set to {self.hours:+d} h"
        return f"round {self.number + 1}: {self.act} after {self.after}{clock}"


def plan(seed: int, rounds: int) -> tuple[Round, ...]:
    """The same for the same seed; of a longer plan the beginning is the shorter one."""
    return tuple(_rounds(random.Random(seed), rounds))


def _rounds(chance: random.Random, rounds: int) -> Iterator[Round]:
    hours = 0
    for number in range(rounds):
        act = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
        jump = chance.choice(_OTHER_HOURS[hours]) if chance.random() < 0.4 else None
        hours = hours if jump is None else jump
        yield Round(
            number=number,
            after=chance.randrange(1, MOST_READINGS),
            act=act,
            hours=jump,
            meanwhile=chance.randrange(1, MOST_READINGS),
            start_s=chance.uniform(0.0, LONGEST_START_S),
        )
