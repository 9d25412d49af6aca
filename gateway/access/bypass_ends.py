"""When the bypasses end that the gateway holds itself."""

from collections.abc import Collection

import sqlalchemy as sa

from gateway.ledger.tables import access
from gateway.model.clock import Micros


def bypass_ends(connection: sa.Connection, zones: Collection[str]) -> dict[str, Micros]:
    """Of those zones that have lines bypassed: when the last of them is watched again."""
    machine = access.access_state.c.machine
    rows = connection.execute(sa.select(access.access_state).where(machine.in_(zones)))
    ends = {row.machine: row.state.get("bypassed") or {} for row in rows}
    return {zone: max(until.values()) for zone, until in ends.items() if until}
