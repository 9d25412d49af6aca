"""What was ordered and stays so: by whom, why, until when; for the hand-over and the page Quiet."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.barrier_state import Barrier
from gateway.access.barrier_state import Mode as BarrierMode
from gateway.access.command_book import CommandBook
from gateway.access.door import DoorState
from gateway.access.door_mode import Hold, Mode
from gateway.access.machine import FIRE
from gateway.access.standing_orders import ORDERED_BY, StandingOrders
from gateway.access.states import written
from gateway.access.zone_state import Mode as ZoneMode
from gateway.access.zone_state import ZoneState
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action, Command, Outcome, Result
from gateway.model.standing_order import StandingOrder
from gateway.site.model import Site
from tests.gateway.access.commanded import GATE, LI
from tests.gateway.samples import NOON, site

DONE = Outcome(Result.CONFIRMED, "shown")


@pytest.fixture
def estate(tmp_path: Path) -> Site:
    """A door, a barrier and a zone."""
    kinds = {"hall": "door", "gate": "barrier", "wall": "zone"}
    devices = tuple(replace(GATE, id=id_, kind=kind) for id_, kind in kinds.items())
    return replace(site(tmp_path), devices=devices)


async def stands(ledger: Ledger, machine: str, state: object) -> None:
    row = access.access_state.insert().values(machine=machine, state=written(state))
    await ledger.transact(lambda db: db.execute(row))


async def ordered(
    ledger: Ledger,
    device: str,
    action: Action,
    at: Micros,
    who: Actor = LI,
    outcome: Outcome = DONE,
    reason: str = "works",
    parameters: Mapping[str, object] = {},  # never written to
) -> None:
    end = at + 10 * SECOND
    command = Command(f"{device}{at}", device, action, who, reason, at, end, parameters)
    await CommandBook(ledger).begin(command)
    await CommandBook(ledger).end(command, outcome, at + 1)


def told(device: str, state: str, **more: object) -> StandingOrder:
    return StandingOrder(device, GATE.place, state, **more)  # type: ignore[arg-type]  # test's own


async def test_nothing_stands_where_all_is_as_a_rule(ledger: Ledger, estate: Site) -> None:
    assert await StandingOrders(estate, ledger).all() == []
    for machine, state in (("hall", DoorState()), ("gate", Barrier()), ("wall", ZoneState())):
        await stands(ledger, machine, state)
    assert await StandingOrders(estate, ledger).all() == []


async def test_a_door_stands_by_the_newest_order_that_moved_it(
    ledger: Ledger, estate: Site
) -> None:
    await stands(ledger, "hall", DoorState(mode=Mode(Hold.LOCKED_DOWN)))
    await ordered(ledger, "hall", Action.LOCK_DOWN, NOON, reason="yesterday")
    await ordered(ledger, "hall", Action.LOCK_DOWN, NOON + HOUR, reason="looting")
    refused = Outcome(Result.REFUSED, "not-allowed")
    await ordered(ledger, "hall", Action.LOCK_DOWN, NOON + 2 * HOUR, Actor("eve"), refused)
    await ordered(ledger, "hall", Action.END_LOCK_OPEN, NOON + 3 * HOUR, Actor("eve"))
    (found,) = await StandingOrders(estate, ledger).all()
    assert found == told("hall", "locked-down", since=NOON + HOUR, who="li", reason="looting")


async def test_each_line_stands_by_the_order_that_has_its_end(ledger: Ledger, estate: Site) -> None:
    early, late = NOON + HOUR, NOON + 2 * HOUR
    await stands(ledger, "wall", ZoneState(bypassed={"fence/line": early, "yard/line": late}))
    await ordered(ledger, "wall", Action.BYPASS, NOON, parameters={"until": early})
    wang = Actor("wang")
    await ordered(ledger, "wall", Action.BYPASS, NOON + 1, wang, parameters={"until": late})
    found = await StandingOrders(estate, ledger).all()
    assert [(each.line, each.until, each.since, each.who) for each in found] == [
        ("fence/line", early, NOON, "li"),
        ("yard/line", late, NOON + 1, "wang"),
    ]


async def test_a_zone_that_its_calendar_disarmed_is_as_a_rule(ledger: Ledger, estate: Site) -> None:
    await stands(ledger, "wall", ZoneState(mode=ZoneMode.DISARMED))
    assert await StandingOrders(estate, ledger).all() == []


async def test_a_barrier_for_a_convoy_has_an_end_and_a_fire_names_the_gateway(
    ledger: Ledger, estate: Site
) -> None:
    until = NOON + 20 * MINUTE
    await stands(ledger, "gate", Barrier(mode=BarrierMode.HELD_OPEN, hold_until=until))
    await stands(ledger, "hall", DoorState(mode=Mode(Hold.LOCKED_OPEN)))
    await ordered(ledger, "gate", Action.LOCK_OPEN, NOON)
    await ordered(ledger, "hall", Action.LOCK_OPEN, NOON, GATEWAY, reason=FIRE)
    assert await StandingOrders(estate, ledger).all() == [
        told("hall", "locked-open", since=NOON, who="gateway", reason="fire"),
        told("gate", "held-open", until=until, since=NOON, who="li", reason="works"),
    ]


async def test_what_is_not_on_record_any_more_stands_all_the_same(
    ledger: Ledger, estate: Site
) -> None:
    await stands(ledger, "hall", DoorState(mode=Mode(Hold.BLOCKED)))
    assert await StandingOrders(estate, ledger).all() == [told("hall", "blocked")]


def test_every_state_has_the_order_that_leads_to_it() -> None:
    states = {*Hold, *BarrierMode, *ZoneMode} - {Hold.NONE, BarrierMode.CONTROLLED, ZoneMode.ARMED}
    assert set(ORDERED_BY) == {str(state) for state in states} | {"bypassed"}
