"""Which doors, barriers and zones stand otherwise than as a rule, by whose order, until when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from gateway.access.barrier_state import Mode as BarrierMode
from gateway.access.door_mode import Hold
from gateway.access.zone_state import Mode as ZoneMode
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.model.command import Action, Result
from gateway.model.standing_order import StandingOrder
from gateway.site.model import Device, Site

BYPASSED: Final = "bypassed"

ORDERED_BY: Final[Mapping[str, Action]] = {
    Hold.UNLOCKED: Action.UNLOCK,
    Hold.BLOCKED: Action.BLOCK,
    Hold.LOCKED_DOWN: Action.LOCK_DOWN,
    Hold.LOCKED_OPEN: Action.LOCK_OPEN,
    BarrierMode.HELD_OPEN: Action.LOCK_OPEN,
    ZoneMode.DISARMED: Action.DISARM,
    ZoneMode.PART_ARMED: Action.PART_ARM,
    ZoneMode.WALK_TEST: Action.WALK_TEST,
    BYPASSED: Action.BYPASS,
}
"""By the state that it leads to. A barrier's other words are those of a door."""

LOOKED_THROUGH: Final = 100
"""Commands of one device, among which that is looked for which led to its state."""

_MOVED_NOTHING: Final = (Result.REFUSED, Result.FAILED)

State = Mapping[str, Any]


class StandingOrders:
    """One per gateway. As kept in the ledger, so up to a second behind the machines."""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        self._site = site
        self._ledger = ledger

    async def all(self) -> list[StandingOrder]:
        """By device, in the order of the site file. Unreachable when the ledger is."""
        return await self._ledger.transact(lambda db: list(standing_orders(db, self._site)))


def standing_orders(connection: sa.Connection, site: Site) -> Iterator[StandingOrder]:
    """See StandingOrders.all."""
    held = {device.id: device for device in site.devices if device.kind in _READ}
    table = access.access_state
    query = sa.select(table).where(table.c.machine.in_(held))
    states: dict[str, State] = {row.machine: row.state for row in connection.execute(query)}
    for device in held.values():
        for order in _READ[device.kind](device, states.get(device.id, {})):
            yield _with_who(connection, order)


def _door(device: Device, state: State) -> Iterator[StandingOrder]:
    hold = state.get("mode", {}).get("hold", Hold.NONE)
    if hold != Hold.NONE:
        yield StandingOrder(device.id, device.place, hold)


def _barrier(device: Device, state: State) -> Iterator[StandingOrder]:
    mode = state.get("mode", BarrierMode.CONTROLLED)
    if mode != BarrierMode.CONTROLLED:
        yield StandingOrder(device.id, device.place, mode, until=state.get("hold_until"))


def _zone(device: Device, state: State) -> Iterator[StandingOrder]:
    """What its calendars have it do is as a rule."""
    mode = state.get("mode", ZoneMode.ARMED)
    if mode != ZoneMode.ARMED and state.get("by_person"):
        yield StandingOrder(device.id, device.place, mode, until=state.get("mode_ends"))
    for line, until in sorted(state.get("bypassed", {}).items()):
        yield StandingOrder(device.id, device.place, BYPASSED, line, until)


_READ: Final[Mapping[str, Callable[[Device, State], Iterator[StandingOrder]]]] = {
    "door": _door,
    "barrier": _barrier,
    "zone": _zone,
}


def _with_who(connection: sa.Connection, order: StandingOrder) -> StandingOrder:
    """By the newest command that led to it; of a bypass by the one with that end."""
    command = access.command.c
    query = (
        sa.select(access.command)
        .where(command.device == order.device, command.action == ORDERED_BY[order.state])
        .where(sa.or_(command.result.is_(None), command.result.not_in(_MOVED_NOTHING)))
        .order_by(command.asked_at.desc())
        .limit(LOOKED_THROUGH)
    )
    for row in connection.execute(query):
        if order.line is None or row.parameters.get("until") == order.until:
            who = " + ".join(name for name in (row.who, row.second) if name)
            return replace(order, since=row.asked_at, who=who, reason=row.reason)
    return order
