"""What derived points would have said: reckoned anew by the expressions on trial, beside what was
recorded."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.access.engine import Engine
from gateway.diagnostics import DEVICE
from gateway.expressions.formula import Formula
from gateway.expressions.spans import Sliding, Unbroken
from gateway.model.clock import DAY, MINUTE, Micros
from gateway.model.reading import TICK, Reading
from gateway.plant.derived import derived_points
from gateway.site.model import Site
from gateway.vitals import Vital

PULSE: Final = f"{DEVICE}/{Vital.JOURNAL_ROWS}"
"""Told every 10 s while the gateway runs."""

_STOOD_STILL: Final[Micros] = MINUTE
"""So long without a reading, not even of PULSE."""

_NIGHTS: Final[Micros] = 2 * DAY


class Reckoned:
    """Readings in journal order, each with those that follow from it. `points` are what the rules
    on trial look at; `needed`: what is to be read for that."""

    def __init__(self, site: Site, points: frozenset[str]) -> None:
        formulas = {id_: made for device in site.devices for id_, made in device.derived.items()}
        named = _all_named(points, formulas)
        self._own = named & formulas.keys()
        self.needed = named - self._own | ({PULSE} if self._own else set())
        self.lead: Micros = max((_lead(formulas[id_]) for id_ in self._own), default=0)
        """How long before the window to begin, for what looks back."""
        machines = [each for each in derived_points(site) if self._own & each.shows]
        self._engine = Engine(machines, {}, 0, -1)
        self._last: Micros = 0

    def take(self, readings: Iterable[Reading]) -> Iterator[Reading]:
        """The same with what follows. What was recorded of the points themselves is left out."""
        for reading in readings:
            yield from self._waited(reading.received_at)
            self._last = reading.received_at
            if reading.point not in self._own:
                yield from self._heard(reading)

    def standing(self, at: Micros, seq: int) -> list[Reading]:
        """What they say at that instant, which is before the window."""
        return [
            Reading(point, said.value, at, at, said.quality, seq)
            for point, said in self._engine.shown().items()
            if point in self._own
        ]

    def _heard(self, reading: Reading) -> Iterator[Reading]:
        if reading.point not in (TICK, PULSE):
            yield reading
        at, seq = reading.received_at, reading.seq
        for turn in self._engine.take(reading):
            for point, said in turn.changed.items():
                yield from self._heard(Reading(point, said.value, at, at, said.quality, seq))

    def _waited(self, until: Micros) -> Iterator[Reading]:
        """What moved on by itself while the gateway ran; the ticks of that time were for others."""
        if until - self._last > _STOOD_STILL:
            return
        while (due := self._engine.deadline) is not None and due <= until:
            yield from self._heard(Reading(TICK, float(due), due, due))


def _all_named(points: Iterable[str], formulas: dict[str, Formula]) -> frozenset[str]:
    """Those points and all that they follow from."""
    found: set[str] = set()
    wanted = list(points)
    while wanted:
        point = wanted.pop()
        if point not in found:
            found.add(point)
            wanted += formulas[point].points if point in formulas else ()
    return frozenset(found)


def _lead(made: Formula) -> Micros:
    spans = [window.span for window in made.windows]
    lengths = [span.length for span in spans if isinstance(span, Sliding)]
    nights = [_NIGHTS for span in spans if not isinstance(span, Sliding | Unbroken)]
    return max([*lengths, *nights], default=0)
