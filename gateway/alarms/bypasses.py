"""Since when which zone is bypassed, in the ledger: it outlives restarts, and the next gateway has
it too."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from gateway.ledger.tables import access
from gateway.ledger.upsert import upsert
from gateway.model.bypass import BYPASSED, Bypass
from gateway.model.reading import Reading
from gateway.site.model import Site


def bypass_points(site: Site) -> Mapping[str, str]:
    """The id of each device that tells of its bypass → that of the point."""
    return {
        device.id: point.id
        for device in site.devices
        for point in device.points
        if BYPASSED in point.states
    }


def read_bypasses(connection: sa.Connection) -> dict[str, Bypass]:
    """By point; those that have told nothing yet are not in it."""
    rows = connection.execute(sa.select(access.bypass))
    return {row.point: msgspec.convert(row, Bypass, from_attributes=True) for row in rows}


class Bypasses:
    """Of one site. Loaded from the ledger, and saved in the transaction of the alarms' cursor."""

    def __init__(self, site: Site) -> None:
        self._points = frozenset(bypass_points(site).values())
        self._told: dict[str, Bypass] = {}
        self._unsaved: set[str] = set()

    @property
    def unsaved(self) -> bool:
        """Whether something has changed that the ledger does not have."""
        return bool(self._unsaved)

    def load(self, connection: sa.Connection) -> None:
        """What the ledger has, in place of what was noted."""
        self._told = read_bypasses(connection)
        self._unsaved.clear()

    def note(self, reading: Reading) -> None:
        """Take note of a reading of any point."""
        if reading.point not in self._points:
            return
        before = self._told.get(reading.point, Bypass(reading.point))
        after = before.told(reading)
        if after is not before:
            self._told[reading.point] = after
            self._unsaved.add(reading.point)

    def save(self, connection: sa.Connection) -> None:
        """What was noted."""
        rows = [msgspec.to_builtins(self._told[point]) for point in sorted(self._unsaved)]
        upsert(connection, access.bypass, rows)
        self._unsaved.clear()
