"""Which lines are bypassed of the zones that the gateway itself holds, and until when."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.model.clock import Micros


class Bypasses:
    """One per gateway. As kept in the ledger, so up to a second behind the zone's machine."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def lines(self, zone: str) -> Mapping[str, Micros]:
        """By point. Unreachable when the ledger is."""
        found = await self._ledger.transact(lambda db: _bypassed(db, [zone]))
        return found.get(zone, {})


def bypass_ends(connection: sa.Connection, zones: Collection[str]) -> dict[str, Micros]:
    """Of those zones that have lines bypassed: when the last of them is watched again."""
    found = _bypassed(connection, zones)
    return {zone: max(until.values()) for zone, until in found.items() if until}


def _bypassed(
    connection: sa.Connection, zones: Collection[str]
) -> Mapping[str, Mapping[str, Micros]]:
    machine = access.access_state.c.machine
    rows = connection.execute(sa.select(access.access_state).where(machine.in_(zones)))
    return {row.machine: row.state.get("bypassed") or {} for row in rows}
