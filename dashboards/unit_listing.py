"""The units on Modbus lines and how they do, those in trouble first."""

from collections.abc import Callable, Sequence
from typing import Final

from dashboards.listing import Listing, Row
from dashboards.texts import Texts
from dashboards.told import sentence
from gateway.model.clock import Micros
from gateway.model.line_figures import LineFigures, UnitFigures, UnitState

HEADS: Final = (
    *("line", "unit", "device", "state", "since", "round_trip"),
    *("missed", "errors", "last_error", "unread"),
)
LISTED: Final = 200
"""Units; an estate may have more than can be read."""


class UnitListing:
    """A panel in the current container. `when` words an instant."""

    def __init__(self, texts: Texts, when: Callable[[Micros], str]) -> None:
        self._texts = texts
        self._when = when
        words = [texts(f"head.{head}") for head in HEADS]
        title, none = texts("health.units"), texts("health.none")
        self._listing = Listing("table-units", title, words, none, counted=False)

    def show(self, lines: Sequence[LineFigures]) -> None:
        """As they are now."""
        units = [(line, unit) for line in lines for unit in line.units]
        units.sort(key=lambda each: _trouble(each[1]))
        self._listing.show([self._row(*each) for each in units[:LISTED]])

    def _row(self, line: LineFigures, unit: UnitFigures) -> Row:
        texts = self._texts
        counts = sorted(unit.errors.items(), key=lambda count: -count[1])
        errors = (f"{texts.word('line-error', kind)}: {count}" for kind, count in counts)
        return Row(
            (
                texts("health.line", line=line.line, duty=f"{line.duty:.0%}"),
                str(unit.unit),
                ", ".join(unit.devices),
                texts.word("unit-state", unit.state),
                "" if unit.since is None else self._when(unit.since),
                self._round_trip(unit),
                str(unit.missed_periods),
                ", ".join(errors),
                self._last_error(unit),
                self._unread(unit),
            )
        )

    def _round_trip(self, unit: UnitFigures) -> str:
        if unit.round_trip_ms is None or unit.longest_ms is None:
            return ""
        return self._texts(
            "health.round_trip", mean=f"{unit.round_trip_ms:.1f}", longest=f"{unit.longest_ms:.1f}"
        )

    def _last_error(self, unit: UnitFigures) -> str:
        if unit.last_error is None or unit.last_error_at is None:
            return ""
        said = sentence(unit.last_error, self._texts.language)
        return f"{self._when(unit.last_error_at)} {said}"

    def _unread(self, unit: UnitFigures) -> str:
        return "; ".join(
            self._texts("name_and_value", name=point, value=sentence(why, self._texts.language))
            for point, why in sorted(unit.unread.items())
        )


def _trouble(unit: UnitFigures) -> tuple[bool, bool]:
    """Silent units first, then those with errors or with points without a value."""
    return unit.state is not UnitState.SILENT, not (unit.errors or unit.unread)
