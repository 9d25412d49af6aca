"""What lies in InfluxDB: measurements and their fields.

Of the bundled device kinds from drivers/kinds, of the gateway itself, and of alarm changes
(gateway.history.influx.line_protocol, gateway.history.alarm_changes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from gateway import diagnostics
from gateway.access.commands import OUTCOME_POINT
from gateway.access.held import ORDER_POINT
from gateway.history import alarm_changes
from gateway.history.influx.line_protocol import quality_field
from gateway.model.point import PointKind
from gateway.model.text import Text
from gateway.site import bundled
from gateway.site.document import Node
from gateway.vitals import Vital, behind

TAGS: Final = ("site", "area", "device")

ALARM: Final = alarm_changes.MEASUREMENT
ALARM_TAGS: Final = (*TAGS, "rule", "priority")
ALARM_FIELDS: Final = ("move", "attention", "active", "alarm", "sequence", "who")

GATEWAY: Final = diagnostics.KIND
FOLLOWERS: Final = ("alarms", "duckdb", "influxdb", alarm_changes.FOLLOWER)
HISTORIES: Final = ("duckdb", "influxdb")

ON_RECORD: Final = (ORDER_POINT, OUTCOME_POINT)
"""Points of what people have ordered: the audit record has that."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a kind; its name is its field."""

    field: str
    kind: PointKind
    name: Text
    unit: str = "1"
    """UCUM."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device; its id is its measurement."""

    id: str
    name: Text
    points: tuple[Point, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """The bundled kinds, by id."""
    return {id_: _kind(id_, node) for id_, node in bundled.kinds().items()}


@cache
def fields() -> Mapping[str, frozenset[str]]:
    """Every field that may be asked for, by measurement."""
    of_kinds = {
        kind.id: _with_quality(*(point.field for point in kind.points)) for kind in kinds().values()
    }
    own = (_name(diagnostics.DISK), _name(diagnostics.CLOCK), *HISTORIES)
    vitals = (*(vital.value for vital in Vital), *map(behind, FOLLOWERS))
    return {
        **of_kinds,
        GATEWAY: _with_quality(*own, *vitals),
        ALARM: frozenset(ALARM_FIELDS),
    }


def _kind(id_: str, node: Node) -> Kind:
    named = node.get("points").entries.items()
    points = (_point(name, entry) for name, entry in named if name not in ON_RECORD)
    return Kind(id_, _text(node.get("name")), tuple(points))


def _point(name: str, node: Node) -> Point:
    unit = node.get("unit").value or "1"
    return Point(name, PointKind(str(node.get("kind").value)), _text(node.get("name")), str(unit))


def _text(node: Node) -> Text:
    return Text(str(node.get("en").value), str(node.get("zh").value))


def _with_quality(*fields: str) -> frozenset[str]:
    return frozenset((*fields, *map(quality_field, fields)))


def _name(point: str) -> str:
    return point.rpartition("/")[2]
