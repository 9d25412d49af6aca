"""A clock that is slow is told from a buffer that is emptied, by the lag of what comes."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.access.device_clock import ClockState, DeviceClock, in_its_own_time
from gateway.access.instants import is_buffered
from gateway.access.machine import Shown
from gateway.access.output import outputs
from gateway.access.zone import held_zone
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import DAY, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Device
from tests.gateway.access.areas import area
from tests.gateway.access.served import Served
from tests.gateway.access.zones import ON, SETTINGS, device, told, zone_site
from tests.gateway.samples import NOON

FENCE = device("north", told("north", "line"), told("north", "supply"))
CLOCK = DeviceClock(FENCE)
SLOW = 3 * MINUTE

lags = st.integers(MINUTE + 2 * SECOND, 10 * DAY)
jitter = st.integers(0, SECOND)
periods = st.integers(20 * SECOND, MINUTE)


def reading(lag: Micros, at: Micros, quality: Quality = Quality.GOOD) -> Reading:
    return Reading("north/line", "normal", at - lag, at, quality)


def heard(lags_at: Iterable[tuple[Micros, Micros]], state: ClockState | None = None) -> ClockState:
    """After readings of these lags at these instants."""
    state = state or CLOCK.begin()
    for lag, at in lags_at:
        state = CLOCK.take(state, reading(lag, at), at).state
    return state


def counts_as_kept(state: ClockState, lag: Micros) -> bool:
    return is_buffered(in_its_own_time(reading(lag, NOON + DAY), state.slow_by))


@given(lags, periods, st.lists(jitter, min_size=5, max_size=9), jitter)
def test_what_always_comes_at_the_same_lag_is_fresh(
    lag: Micros, period: Micros, under_way: list[Micros], now: Micros
) -> None:
    beats = [(lag + late, NOON + place * period) for place, late in enumerate(under_way)]
    assert counts_as_kept(heard(beats[:2]), lag)
    assert counts_as_kept(heard([(lag, NOON), (lag, NOON + 2 * MINUTE)]), lag), "twice is no habit"
    state = heard(beats)
    assert not counts_as_kept(state, lag + now)
    assert lag <= state.least <= lag + SECOND


@given(
    st.integers(0, DAY),
    st.lists(st.tuples(st.integers(0, 20 * SECOND), st.integers(2, 1000)), max_size=40),
)
@example(5 * MINUTE, [(SECOND, 2)] * 4)
def test_a_buffer_that_is_emptied_stays_history(
    kept_for: Micros, gaps: list[tuple[Micros, int]]
) -> None:
    """Sent at least twice as fast as it happened, by a clock that is right."""
    sent = accumulate((gap for gap, _ in gaps), initial=0)
    taken = accumulate((gap * faster for gap, faster in gaps), initial=0)
    state = CLOCK.begin()
    for after, happened in zip(sent, taken, strict=True):
        lag = max(0, kept_for + after - happened)
        state = heard([(lag, NOON + after)], state)
        assert counts_as_kept(state, lag) is (lag > MINUTE)


@given(lags, st.integers(MINUTE, DAY))
def test_what_a_slow_device_had_kept_is_history_too(lag: Micros, kept_for: Micros) -> None:
    state = heard((lag, NOON + n * 30 * SECOND) for n in range(4))
    assert counts_as_kept(heard([(lag + kept_for, NOON + 3 * MINUTE)], state), lag + kept_for)


@given(lags)
def test_after_a_silence_nothing_is_known_of_its_clock(lag: Micros) -> None:
    state = heard((lag, NOON + n * 30 * SECOND) for n in range(4))
    assert not counts_as_kept(state, lag)
    gone = reading(lag, NOON + 3 * MINUTE, Quality.OFFLINE)
    for _ in range(2):
        state = CLOCK.take(state, gone, NOON).state
    assert counts_as_kept(state, lag)
    told = CLOCK.shown(state)["north/clock"]
    assert told == Shown(float(lag // SECOND), Quality.STALE), "silence ends no alarm"
    again = heard(((lag, NOON + n * 30 * SECOND) for n in range(8, 12)), state)
    assert CLOCK.shown(again)["north/clock"].quality is Quality.GOOD


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD])
def test_what_a_broker_remembers_says_nothing_of_a_clock(quality: Quality) -> None:
    state = CLOCK.begin()
    for n in range(9):
        state = CLOCK.take(state, reading(SLOW, NOON + n * MINUTE, quality), NOON).state
    assert state == CLOCK.begin()


def test_a_clock_is_never_slower_than_the_smallest_lag_shows() -> None:
    """It was set, and is less wrong now: what comes at the lag of before was kept."""
    state = heard((SLOW, NOON + n * 30 * SECOND) for n in range(4))
    state = heard([(SLOW - 65 * SECOND, NOON + 3 * MINUTE)], state)
    assert counts_as_kept(state, SLOW)


def test_a_clock_that_is_set_right_is_believed_at_once() -> None:
    state = heard((SLOW, NOON + n * 30 * SECOND) for n in range(4))
    assert CLOCK.shown(state)["north/clock"].value == 180.0
    assert heard([(SECOND, NOON + 3 * MINUTE)], state) == CLOCK.begin()


@given(st.integers(MINUTE + SECOND, DAY), st.integers(3 * SECOND, DAY))
def test_a_buffer_that_is_emptied_by_a_clock_set_right_meanwhile_is_history(
    kept_for: Micros, more: Micros
) -> None:
    state = heard((kept_for + more, NOON + n * 30 * SECOND) for n in range(4))
    at = NOON + 3 * MINUTE
    for lag in range(kept_for, MINUTE, -kept_for // 9):
        state = heard([(lag, at)], state)
        assert counts_as_kept(state, lag)


def test_a_clock_that_is_right_has_a_state_that_is_never_written() -> None:
    assert heard((SECOND, NOON + n * SECOND) for n in range(99)) == CLOCK.begin()


# --- a zone behind such a module ------------------------------------------------------------------


def with_clock(fence: Device) -> Device:
    clock = Point("north/clock", PointKind.NUMBER, Text("Clock", "时钟"), derived=True)
    return replace(fence, points=(*fence.points, clock))


@pytest.fixture
def guarded(journal: Journal, ledger: Ledger) -> Served:
    """The zone, its lamp and siren, and the clock of its northern module."""
    site = zone_site(SETTINGS)
    wall = next(each for each in site.devices if each.id == "wall")
    fence = with_clock(next(each for each in site.devices if each.id == "north"))
    zone = held_zone(wall, site)
    assert zone is not None
    return Served(journal, ledger, DeviceClock(fence), zone, *outputs(site))


async def beats(guarded: Served) -> None:
    for _ in range(4):
        guarded.now += 30 * SECOND
        await guarded.tell("north/line", "normal", slow_by=SLOW)


async def late(guarded: Served) -> object:
    """What the zone's newest trip says."""
    trip = (await guarded.journal.latest())["wall/trip"].value
    assert isinstance(trip, dict)
    return trip["late"]


async def test_a_breach_by_a_module_that_is_slow_sounds_the_siren_after_a_restart_too(
    guarded: Served,
) -> None:
    async with guarded.running():
        await beats(guarded)
    async with guarded.running() as service:
        guarded.now += 10 * SECOND
        await guarded.tell("north/line", "alarm", slow_by=SLOW)
        await guarded.settled(service)
        assert sorted(guarded.orders) == sorted(ON)
        assert await late(guarded) is False
        assert (await guarded.journal.latest())["north/clock"].value == 180.0


async def test_the_first_breach_after_it_was_off_line_is_told_and_sounds_nothing(
    guarded: Served,
) -> None:
    async with guarded.running() as service:
        await beats(guarded)
        gone = Reading("north/line", None, guarded.now, guarded.now, Quality.OFFLINE)
        await guarded.journal.append([gone])
        guarded.now += 10 * SECOND
        await guarded.tell("north/line", "alarm", slow_by=SLOW)
        await guarded.settled(service)
        assert (await guarded.journal.latest())["wall/alarm"].value == "breach"
        assert await late(guarded) is True
        assert guarded.asked == []


# --- a reader that asks the gateway ---------------------------------------------------------------


@pytest.mark.parametrize(("slow_by", "opened"), [(0, [("gate", Action.OPEN)]), (SLOW, [])])
async def test_nobody_is_let_in_by_a_clock_that_is_only_believed_to_be_slow(
    journal: Journal, ledger: Ledger, slow_by: Micros, opened: list[tuple[str, Action]]
) -> None:
    """What came so late may have been under way: nobody may stand there any more."""
    points = tuple(
        Point(f"gate/{name}", PointKind.EVENT, Text(name, name)) for name in ("contact", "access")
    )
    reader = Served(journal, ledger, DeviceClock(device("gate", *points)), area())
    async with reader.running() as service:
        for _ in range(4):
            reader.now += 30 * SECOND
            await reader.tell("gate/contact", "closed", slow_by=slow_by)
        asks = {"result": "asked", "credential": "wang", "direction": "in"}
        await reader.tell("gate/access", asks, slow_by=slow_by)
        await reader.settled(service)
        assert (await journal.latest())["gate/clock"].value == slow_by / SECOND
        assert reader.orders == opened


async def test_what_a_broker_remembers_of_a_slow_module_is_no_break_in(guarded: Served) -> None:
    async with guarded.running() as service:
        await beats(guarded)
        kept = Reading("north/line", "alarm", guarded.now, guarded.now, Quality.STALE)
        await guarded.journal.append([kept])
        await guarded.settled(service)
        assert (await guarded.journal.latest())["wall/alarm"].value == "normal"
        assert guarded.asked == []


async def test_what_a_slow_module_kept_is_judged_by_how_the_zone_was_armed_then(
    guarded: Served,
) -> None:
    async with guarded.running() as service:
        for action in ("disarm", "arm"):
            await guarded.tell("wall/order", {"action": action})
            await beats(guarded)
        guarded.now += 90 * SECOND
        late_by = SLOW + 80 * SECOND
        await guarded.tell("north/line", "alarm", slow_by=late_by)  # after it was armed
        await guarded.settled(service)
        assert (await guarded.journal.latest())["wall/alarm"].value == "breach"
        assert await late(guarded) is True
