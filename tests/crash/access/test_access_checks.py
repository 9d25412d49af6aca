"""Every check of doors, barriers and fires finds what it is for."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.crash.access.checks import ACCESS_CHECKS, REOPENS
from tests.crash.access.deeds import plate
from tests.crash.access.evidence import AccessEvidence
from tests.crash.access.field import Order
from tests.crash.load import Value
from tests.crash.stored import Alarm, Command, GateLine, Row, Ticket

TAKEN = json.dumps({"result": "taken", "by": "credential"})
SAID: list[tuple[str, Value]] = [
    *[("hall-0/contact", word) for word in ("closed", "open", "closed")],
    ("hall-1/contact", "closed"),
    ("hall-1/access", json.dumps({"result": "granted"})),
    *[("hall-1/contact", word) for word in ("open", "closed")],
    ("hall-1/passage", TAKEN),
    ("court/inside", 1.0),
    *[("gate-0/position", word) for word in REOPENS],
    ("gate-0/reopened", json.dumps({"count": 1})),
    ("gate-0/reopenings", 1.0),
    ("gate-0/plate", "{}"),
    ("gate-0/arrival", "{}"),
    ("gate-0/passage", TAKEN),
    ("panel-0/fire", "alarm"),
    ("exit-0/lock", "unlocked"),
    ("vault-0/mode", "locked-down"),
    ("wall/bypass", "bypassed"),
]
ALARMS = ("hall-0/forced", "fire-0/fire", "side-0/command-failed")


def journal(said: Iterable[tuple[str, Value]]) -> tuple[Row, ...]:
    return tuple(Row(point, at, value, True) for at, (point, value) in enumerate(said))


def without(point: str) -> tuple[Row, ...]:
    """Never said."""
    return journal(each for each in SAID if each[0] != point)


def opened(result: str | None) -> Command:
    return Command("one", "side-0", "open", "admin", result, None)


BYPASSED = Command("five", "wall", "bypass", "admin", "confirmed", "shown")
WELL = AccessEvidence(
    journal=journal(SAID),
    alarms=tuple(Alarm(rule, ("raise",), n) for n, rule in enumerate(ALARMS, 1)),
    tickets=tuple(Ticket(n, rule, ("opened",)) for n, rule in enumerate(ALARMS, 1)),
    commands=(opened("unknown"), BYPASSED),
    gate_lines=(GateLine("gate-0", "arrival", "allowed"), GateLine("gate-0", "passage", "taken")),
    on_site=(plate(0),),
    orders=(
        Order("one", "side-0", "open"),
        Order("two", "exit-0", "lock-open"),
        Order("three", "gate-0", "open"),
    ),
    answers={
        "side-0": {"result": "unknown"},
        "vault-0": None,
        "wall": {"result": "confirmed"},
        "side-1": None,
    },
)
FAULTS = {
    "a forced opening not told exactly once, or a granted one told": replace(
        WELL, alarms=WELL.alarms[1:]
    ),
    "passages not told exactly once": replace(WELL, journal=without("hall-1/passage")),
    "commands sent twice": replace(WELL, orders=(*WELL.orders, WELL.orders[0])),
    "commands nobody asked for": replace(
        WELL, orders=(*WELL.orders, Order("four", "exit-0", "lock-open"))
    ),
    "commands without an end": replace(WELL, commands=(opened(None),)),
    "commands that failed, without an alarm": replace(WELL, tickets=WELL.tickets[:2]),
    "commands answered otherwise than on record": replace(
        WELL, commands=(opened("confirmed"), BYPASSED)
    ),
    "modes and bypasses forgotten": replace(WELL, journal=without("wall/bypass")),
    "counts lost": replace(WELL, journal=without("court/inside")),
    "gates' record not as told": replace(WELL, gate_lines=WELL.gate_lines[:1]),
    "fires not told once, or doors they left shut": replace(WELL, journal=without("exit-0/lock")),
}


def found(evidence: AccessEvidence) -> list[str]:
    return [name for name, check in ACCESS_CHECKS.items() if list(check(evidence))]


def test_all_is_well_where_everything_was_told_once() -> None:
    assert found(WELL) == []


@pytest.mark.parametrize("check", ACCESS_CHECKS)
def test_each_check_finds_its_fault(check: str) -> None:
    assert check in found(FAULTS[check])
