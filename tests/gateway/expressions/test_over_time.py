"""Functions over time, held against a model that keeps everything that was ever told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.expressions.memory import LATE, Memory, deadline, told
from gateway.expressions.over_time import KNOWN_SHARE, read
from gateway.expressions.spans import CELLS, Daily, Sliding, Span, Unbroken
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros, from_datetime

LENGTH = 60 * SECOND
STEP = LENGTH // CELLS
BEGUN = 1_700_000_000 * SECOND

Told = tuple[Micros, float | None]
"""How long after the one before, and the value."""


@dataclass(frozen=True)
class Everything:
    """All that was told, in order; what is not known is None."""

    told: Sequence[tuple[Micros, float | None]]
    now: Micros

    @property
    def start(self) -> Micros:
        return self.now // STEP * STEP - LENGTH

    def held(self) -> list[tuple[Micros, Micros, float]]:
        """From, to, value: as far as it lies in the window."""
        ends = [at for at, _ in self.told[1:]] + [self.now]
        spans = (
            (max(at, self.start), end, value)
            for (at, value), end in zip(self.told, ends, strict=True)
            if value is not None
        )
        return [span for span in spans if span[0] < span[1]]

    @property
    def known(self) -> Micros:
        return sum(end - at for at, end, _ in self.held())

    def values(self) -> list[float]:
        now = self.told[-1][1]
        return [value for _, _, value in self.held()] + ([] if now is None else [now])

    def at(self, instant: Micros) -> float | None:
        before = [value for at, value in self.told if at <= instant]
        return before[-1] if before else None

    def read(self, function: str) -> float | None:
        if function == "rate":
            return self._rate()
        known, whole = self.known, self.now - self.start
        mostly = bool(known) and known >= KNOWN_SHARE * whole
        area = sum(value * (end - at) for at, end, value in self.held()) / HOUR
        changed = len(set(self.values())) > 1
        return {
            "mean": area / (known / HOUR) if mostly else None,
            "min": min(self.values()) if mostly else None,
            "max": max(self.values()) if mostly else None,
            "integral": area if known == whole else None,
            "count": self._count() if known == whole else None,
            "unchanged": 0.0 if changed else 1.0 if known == whole else None,
        }[function]

    def _count(self) -> float:
        pairs = zip(self.told, self.told[1:], strict=False)
        return float(
            sum(
                old is not None and new is not None and old < new
                for (_, old), (at, new) in pairs
                if at >= self.start
            )
        )

    def _rate(self) -> float | None:
        grid = range(self.start, self.now, STEP)
        known = [(at, value) for at in grid if (value := self.at(at)) is not None]
        if len(known) < KNOWN_SHARE * CELLS:
            return None
        hours = [(at - self.start) / HOUR for at, _ in known]
        return float(np.polyfit(hours, [value for _, value in known], 1)[0])


def looked(memory: Memory, until: Micros, span: Span) -> Memory:
    """While nothing is told, it is looked at when it is due."""
    while (due := deadline(memory, span)) is not None and due <= until:
        memory = told(memory, memory.value, due, span)
    return memory


def kept(memory: Memory) -> Memory:
    """Written and read, as by a restart."""
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(memory)), Memory)


def values(*, unknown: bool) -> st.SearchStrategy[float | None]:
    some = st.sampled_from([0.0, 1.0, 1.5, -2.0])
    return st.none() | some if unknown else some


def tellings(unknown: bool) -> st.SearchStrategy[list[Told]]:
    gap = st.integers(0, 100) | st.sampled_from([20, 40, 600])
    each = st.tuples(gap.map(lambda tenths: tenths * SECOND // 10), values(unknown=unknown))
    return st.lists(each, min_size=1, max_size=40)


@pytest.mark.parametrize(
    "function", ["mean", "min", "max", "integral", "count", "unchanged", "rate"]
)
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_windows_say_what_follows_from_all_that_was_told(
    function: str, data: st.DataObject
) -> None:
    span = Sliding(LENGTH)
    memory, now, all_told = Memory(), BEGUN, []
    for wait, value in data.draw(tellings(unknown=data.draw(st.booleans()))):
        now += wait
        memory = told(looked(memory, now, span), value, now, span)
        all_told.append((now, value))
        if data.draw(st.booleans()):
            memory = kept(memory)
        model = Everything(all_told, now).read(function)
        found = read(function, memory, span)
        assert (found is None) == (model is None)
        assert found == pytest.approx(model, abs=1e-6)
        assert len(memory.parts) <= CELLS + 1


@given(tellings(unknown=True), st.integers(0, 40))
@settings(deadline=None)
def test_what_is_looked_at_more_often_says_the_same(all_told: list[Told], more: int) -> None:
    span = Sliding(LENGTH)
    seldom = often = Memory()
    now = BEGUN
    for wait, value in all_told:
        for part in range(more):
            between = now + wait * part // more
            often = told(looked(often, between, span), often.value, between, span)
        now += wait
        seldom = told(looked(seldom, now, span), value, now, span)
        often = told(looked(often, now, span), value, now, span)
        assert [(p.known, p.low, p.high, p.rises, p.opened) for p in often.parts] == [
            (p.known, p.low, p.high, p.rises, p.opened) for p in seldom.parts
        ]


def test_time_in_which_the_gateway_stood_still_is_not_bridged() -> None:
    span = Sliding(LENGTH)
    memory = told(Memory(), 1.0, BEGUN, span)
    memory = told(looked(memory, BEGUN + 2 * LENGTH, span), 0.0, BEGUN + 2 * LENGTH, span)
    assert read("mean", memory, span) is not None
    back = memory.at + LATE + 3 * STEP
    memory = told(memory, 1.0, back, span)
    assert read("mean", memory, span) is None
    assert read("count", memory, span) is None, "it rose while nobody looked"
    again = looked(memory, back + LENGTH + STEP, span)
    assert read("mean", again, span) == pytest.approx(1.0)


def test_since_counts_from_when_it_became_known_to_hold() -> None:
    span = Unbroken()
    memory = told(Memory(), 1.0, BEGUN, span)
    memory = looked(memory, BEGUN + HOUR, span)
    assert read("since", memory, span) == pytest.approx(1.0, abs=1 / 60)
    memory = told(memory, None, BEGUN + HOUR, span)
    assert read("since", memory, span) is None
    memory = told(memory, 1.0, BEGUN + 2 * HOUR, span)
    assert read("since", memory, span) == 0.0
    memory = told(memory, 0.0, BEGUN + 2 * HOUR, span)
    assert read("since", looked(memory, BEGUN + 3 * HOUR, span), span) == 0.0


def at(zone: ZoneInfo, year: int, month: int, day: int, hour: int, minute: int) -> Micros:
    return from_datetime(datetime(year, month, day, hour, minute, tzinfo=zone))


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def night(daily: Daily, flows: Sequence[tuple[Micros, float | None]], until: Micros) -> Memory:
    """Those flows from those instants on."""
    memory = Memory()
    for instant, flow in flows:
        memory = told(looked(memory, instant, daily), flow, instant, daily)
    return told(looked(memory, until, daily), memory.value, until, daily)


def test_hours_of_the_night_speak_when_they_are_over() -> None:
    daily = Daily(time(2), time(4), SHANGHAI)
    flows = [
        (at(SHANGHAI, 2026, 3, 1, 0, 0), 0.1),
        (at(SHANGHAI, 2026, 3, 1, 2, 30), 0.6),
        (at(SHANGHAI, 2026, 3, 1, 3, 0), 0.4),
        (at(SHANGHAI, 2026, 3, 1, 4, 0), 9.0),
    ]
    early = night(daily, flows[:3], at(SHANGHAI, 2026, 3, 1, 3, 59))
    assert read("min", early, daily) is None
    over = night(daily, flows, at(SHANGHAI, 2026, 3, 1, 4, 0))
    assert read("min", over, daily) == 0.1
    assert read("max", over, daily) == 0.6
    assert read("integral", over, daily) == pytest.approx(0.5 * 0.1 + 0.5 * 0.6 + 0.4)
    assert read("min", night(daily, flows, over.at + 20 * HOUR), daily) == 0.1
    assert read("min", night(daily, flows, over.at + DAY), daily) == 9.0


def test_hours_over_midnight_belong_to_one_night() -> None:
    daily = Daily(time(23), time(5), SHANGHAI)
    flows = [(at(SHANGHAI, 2026, 3, 1, 22, 0), 0.5), (at(SHANGHAI, 2026, 3, 2, 1, 0), 0.2)]
    over = night(daily, flows, at(SHANGHAI, 2026, 3, 2, 5, 0))
    assert read("mean", over, daily) == pytest.approx((2 * 0.5 + 4 * 0.2) / 6)


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 29), 1), ((2026, 10, 25), 3), ((2026, 6, 1), 2)],
    ids=["clock put forward", "clock put back", "neither"],
)
def test_a_night_is_as_long_as_the_wall_clock_makes_it(
    day: tuple[int, int, int], hours: int
) -> None:
    daily = Daily(time(2), time(4), BERLIN)
    midnight = at(BERLIN, *day, 0, 0)
    over = night(daily, [(midnight - HOUR, 2.0)], at(BERLIN, *day, 6, 0))
    assert read("integral", over, daily) == pytest.approx(2.0 * hours)


TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@given(
    TIMES,
    TIMES,
    st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "America/Santiago"]),
    st.integers(0, 366 * 24 * 60),
)
@settings(max_examples=300, deadline=None)
def test_nights_divide_time_without_a_gap_or_an_overlap(
    begin: time, end: time, zone: str, minute: int
) -> None:
    daily = Daily(begin, end, ZoneInfo(zone))
    instant = from_datetime(datetime(2026, 1, 1, tzinfo=UTC)) + minute * MINUTE
    cell = daily.cell(instant)
    assert cell.start <= instant < cell.end
    following = daily.cell(cell.end)
    assert following.start <= cell.end < following.end
    assert following.start == cell.end or not following.counts
    last = daily.last(instant)
    assert last.end <= instant
    assert daily.cell(last.start) == last


def test_hours_that_the_clock_jumps_over_are_no_night() -> None:
    daily = Daily(time(2), time(3), BERLIN)
    flows = [(at(BERLIN, 2026, 3, 27, 0, 0), 1.0), (at(BERLIN, 2026, 3, 28, 12, 0), 7.0)]
    after = night(daily, flows, at(BERLIN, 2026, 3, 29, 12, 0))
    assert read("mean", after, daily) == pytest.approx(1.0), "the last night there was"


def test_a_night_of_which_too_little_is_known_says_nothing() -> None:
    daily = Daily(time(2), time(4), SHANGHAI)
    begin = at(SHANGHAI, 2026, 3, 1, 0, 0)
    lost, back = begin + 2 * HOUR, begin + 2 * HOUR + 10 * MINUTE
    over = begin + 5 * HOUR
    short = night(daily, [(begin, 1.0), (lost, None), (back, 1.0)], over)
    long = night(daily, [(begin, 1.0), (lost, None), (back + 3 * MINUTE, 1.0)], over)
    assert (read("min", short, daily), read("integral", short, daily)) == (1.0, None)
    assert read("min", long, daily) is None


def test_a_memory_does_not_grow_with_what_is_told() -> None:
    span = Sliding(DAY)
    memory = Memory()
    for second in range(20_000):
        memory = told(memory, float(second % 7), BEGUN + second * SECOND * 20, span)
    assert len(memory.parts) == CELLS + 1
    assert len(msgspec.json.encode(memory)) < 6_000
