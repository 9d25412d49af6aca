"""The register of passes, and what came and went, in the ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.passes import NewPass, Passes
from gateway.access.plates import PassKind, Register, Verdict, normalised
from gateway.access.vehicles import Vehicles, keep
from gateway.errors import Malformed, Missing, Refused
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import DAY, HOUR, SECOND, Micros, from_datetime
from gateway.model.reading import Delivery, Reading, Value
from gateway.security.audit_trail import AuditTrail, Wanted
from tests.gateway.access.gate import a_pass
from tests.gateway.samples import NOON

LI = Actor("li", "operator", "desk-1")
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONTHLY = NewPass("京A·12345", PassKind.MONTHLY, "Flat 3-201")


class Estate:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.now = ledger, NOON
        self.passes = Passes({"gate", "east"}, SHANGHAI, ledger, self.clock)
        self.vehicles = Vehicles(ledger, self.clock)

    def clock(self) -> Micros:
        return self.now

    def verdict(
        self, plate: str, at: Micros | None = None, register: Register | None = None
    ) -> str:
        asked = self.passes.register if register is None else register
        return asked.decide(plate, "gate", self.now if at is None else at, sure=True).verdict

    async def told(self, *readings: Reading) -> None:
        await self.ledger.transact(lambda db: keep({"gate", "east"}, db, readings))

    async def inside(self) -> list[str]:
        return [vehicle.plate for vehicle in await self.vehicles.on_site()]


@pytest.fixture
async def estate(ledger_url: str) -> AsyncIterator[Estate]:
    """On both databases."""
    async with Ledger(ledger_url) as ledger:
        yield Estate(ledger)


def passage(plate: str | None, way: str, at: Micros, number: int, result: str = "taken") -> Reading:
    value: dict[str, Value] = {"result": result, "by": "plate", "direction": way}
    if plate is not None:
        value |= {"plate": plate, "holder": "Flat 1", "pass": 1}
    return Reading("gate/passage", value, at, NOON, delivery=Delivery(number, again=False))


# --- passes -------------------------------------------------------------------------------------


async def test_a_pass_counts_as_soon_as_it_is_added_and_no_longer_once_it_is_ended(
    estate: Estate,
) -> None:
    added = await estate.passes.add(MONTHLY, who=LI)
    assert (added.plate, estate.verdict("京A12345")) == ("京A12345", Verdict.ALLOWED)
    estate.now += HOUR
    await estate.passes.end(added.id, "moved out", who=LI)
    assert estate.verdict("京A12345") == Verdict.UNKNOWN
    assert estate.verdict("京A12345", estate.now - 1) == Verdict.ALLOWED, "what was said, was so"


async def test_after_a_restart_the_register_says_the_same_of_every_instant(estate: Estate) -> None:
    added = await estate.passes.add(MONTHLY, who=LI)
    estate.now += HOUR
    await estate.passes.end(added.id, "moved out", who=LI)
    again = Passes({"gate"}, SHANGHAI, estate.ledger, estate.clock)
    await again.load()
    for at in (NOON - 1, NOON, estate.now - 1, estate.now):
        assert estate.verdict("京A12345", at) == estate.verdict("京A12345", at, again.register)


async def test_a_last_day_counts_until_its_midnight_on_the_estates_clock(estate: Estate) -> None:
    last = date(2023, 11, 30)
    await estate.passes.add(replace(MONTHLY, valid_to=last), who=LI)
    midnight = from_datetime(datetime(2023, 12, 1, tzinfo=SHANGHAI))
    assert estate.verdict("京A12345", midnight - 1) == Verdict.ALLOWED
    assert estate.verdict("京A12345", midnight) == Verdict.EXPIRED


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"plate": " - "}, "plate"),
        ({"plate": "X" * 17}, "plate"),
        ({"holder": "  "}, "holder"),
        ({"holder": "a\x00b"}, "holder"),
        ({"barriers": ("west",)}, "barrier west"),
        ({"valid_to": NOON}, "valid_to"),
        ({"valid_to": date(2020, 1, 1)}, "valid_to"),
    ],
)
async def test_what_is_no_pass_is_refused_by_name(
    estate: Estate, change: dict[str, object], named: str
) -> None:
    with pytest.raises(Malformed) as refused:
        await estate.passes.add(replace(MONTHLY, **change), who=LI)  # type: ignore[arg-type]
    assert refused.value.subject == named


async def test_a_pass_is_ended_once_and_only_where_there_is_one(estate: Estate) -> None:
    added = await estate.passes.add(MONTHLY, who=LI)
    await estate.passes.end(added.id, "moved out", who=LI)
    with pytest.raises(Refused):
        await estate.passes.end(added.id, "again", who=LI)
    with pytest.raises(Missing):
        await estate.passes.end(99, "none", who=LI)


async def test_who_added_and_ended_a_pass_is_in_the_audit_record(estate: Estate) -> None:
    added = await estate.passes.add(MONTHLY, who=LI)
    await estate.passes.end(added.id, "moved out", who=LI)
    trail = AuditTrail(estate.ledger).oldest(Wanted())
    assert [(line.who, line.act, line.reason) async for line in trail] == [
        ("li", "pass added", ""),
        ("li", "pass ended", "moved out"),
    ]


def test_of_several_passes_for_one_plate_a_block_counts_first() -> None:
    register = Register(
        [a_pass("A1", id=1), a_pass("A1", id=2, kind=PassKind.BLOCKED), a_pass("A1", id=3)]
    )
    assert register.decide("A1", "gate", NOON, sure=True).number == 2
    assert register.decide("A1", "gate", NOON, sure=False).verdict is Verdict.BLOCKED


def test_a_renewed_pass_counts_beside_the_one_that_has_run_out() -> None:
    register = Register([a_pass("A1", id=1, valid_until=NOON), a_pass("A1", id=2)])
    assert register.decide("A1", "gate", NOON, sure=True).verdict is Verdict.ALLOWED


@given(st.text(max_size=12))
def test_a_plate_is_normalised_once_and_for_all(plate: str) -> None:
    assert normalised(normalised(plate)) == normalised(plate)


@given(st.text("ABC0123OI8", min_size=3, max_size=8), st.data())
def test_only_the_very_plate_on_a_pass_is_ever_allowed(plate: str, data: st.DataObject) -> None:
    register = Register([a_pass(plate)])
    seen = data.draw(st.text("ABC0123OI8", min_size=1, max_size=9))
    allowed = register.decide(seen, "gate", NOON, sure=True).verdict is Verdict.ALLOWED
    assert allowed == (seen == plate)


# --- what came and went -------------------------------------------------------------------------


async def test_a_vehicle_is_on_site_from_its_entry_to_its_exit(estate: Estate) -> None:
    await estate.told(passage("A1", "in", NOON, 1))
    assert await estate.inside() == ["A1"]
    await estate.told(passage("A1", "out", NOON + HOUR, 2))
    assert await estate.inside() == []


async def test_what_is_told_twice_is_on_record_once(estate: Estate) -> None:
    for _ in range(2):
        await estate.told(passage("A1", "in", NOON, 1), passage("B2", "in", NOON, 2))
    assert len(await estate.vehicles.records()) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_whatever_order_it_is_told_the_latest_passage_counts(
    estate: Estate, order: tuple[int, ...]
) -> None:
    for place in order:
        await estate.told(passage("A1", ("in", "out", "in")[place], NOON + place, place))
    assert await estate.inside() == ["A1"]


async def test_an_exit_told_before_its_entry_is_still_an_exit(estate: Estate) -> None:
    await estate.told(passage("A1", "out", NOON + HOUR, 2))
    await estate.told(passage("A1", "in", NOON, 1))
    assert await estate.inside() == []


@pytest.mark.parametrize(
    ("plate", "way", "result"),
    [("A1", "in", "not-taken"), ("A1", "", "taken"), (None, "in", "taken")],
)
async def test_who_did_not_pass_or_went_nobody_knows_where_is_not_on_site(
    estate: Estate, plate: str | None, way: str, result: str
) -> None:
    await estate.told(passage(plate, way, NOON, 1, result))
    assert await estate.inside() == []
    assert len(await estate.vehicles.records()) == 1


async def test_a_forgotten_exit_is_closed_by_hand_with_its_reason(estate: Estate) -> None:
    await estate.told(passage("A1", "in", NOON - DAY, 1))
    line = await estate.vehicles.leave("a-1", "gone, says the guard", who=LI)
    assert (line.what, line.who, line.reason) == ("left", "li", "gone, says the guard")
    assert await estate.inside() == []
    with pytest.raises(Missing):
        await estate.vehicles.leave("A1", "again", who=LI)


async def test_what_goes_through_a_door_is_not_on_the_gates_record(estate: Estate) -> None:
    went = passage("A1", "in", NOON, 7)
    await estate.told(replace(went, point="hall/passage"))
    assert await estate.vehicles.records() == []
    assert await estate.inside() == []


async def test_an_opening_by_hand_gets_its_reason_once(estate: Estate) -> None:
    opening = Reading(
        "gate/manual-opening", {"how": "hand"}, NOON, NOON, delivery=Delivery(7, again=False)
    )
    await estate.told(opening, passage("A1", "in", NOON + SECOND, 8))
    passed, by_hand = await estate.vehicles.records()
    assert (await estate.vehicles.explain(by_hand.id, "ambulance", who=LI)).reason == "ambulance"
    for number in (by_hand.id, passed.id):
        with pytest.raises(Refused):
            await estate.vehicles.explain(number, "again", who=LI)
    with pytest.raises(Malformed):
        await estate.vehicles.explain(by_hand.id, " ", who=LI)
