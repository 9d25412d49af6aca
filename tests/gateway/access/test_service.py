"""What machines say goes through the journal once, whatever happens; so does what they wish for."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.access.machine import FIRE, Event, Refusal, Shown, Step, Wish
from gateway.errors import Unreachable
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import HOUR, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import TICK, Quality, Reading
from tests.gateway.access.served import Served
from tests.gateway.samples import NOON, reading
from tests.waiting import until

LIGHT = Wish("lamp", Action.SWITCH_ON, "pressed")


@dataclass(frozen=True, slots=True)
class Pressed:
    times: int = 0
    lit_until: Micros | None = None


class StairsRefusal(Refusal):
    LIT = "somebody-is-on-the-stairs"


@dataclass(frozen=True, slots=True)
class Staircase:
    """A machine of the simplest kind: a button lights the stairs for five seconds."""

    id: str = "stairs"

    @property
    def points(self) -> frozenset[str]:
        return frozenset({f"{self.id}/button"})

    def begin(self) -> Pressed:
        return Pressed()

    def take(self, state: Pressed, reading: Reading, now: Micros) -> Step[Pressed]:
        if reading.value == "jammed":
            raise ZeroDivisionError("a fault of ours")
        if reading.value != "pressed":
            return Step(state)
        lit = Pressed(state.times + 1, now + 5 * SECOND)
        return Step(lit, (Event(f"{self.id}/use", {"times": lit.times}),), (LIGHT,))

    def elapse(self, state: Pressed, _now: Micros) -> Step[Pressed]:
        return Step(replace(state, lit_until=None), wishes=(replace(LIGHT, reason="over"),))

    def deadline(self, state: Pressed) -> Micros | None:
        return state.lit_until

    def shown(self, state: Pressed) -> Mapping[str, Shown]:
        lit = "dark" if state.lit_until is None else "lit"
        return {f"{self.id}/light": Shown(lit), f"{self.id}/times": Shown(float(state.times))}

    def refusal(self, state: Pressed, device: str, action: Action) -> Refusal | None:
        lit = device == "lamp" and action is Action.SWITCH_OFF and state.lit_until is not None
        return StairsRefusal.LIT if lit else None


@dataclass(frozen=True, slots=True)
class Counted(Pressed):
    times: str = "none"  # type: ignore[assignment]  # what an update must never do


class Renamed(Staircase):
    def begin(self) -> Pressed:
        return Counted()

    def take(self, state: Pressed, _reading: Reading, _now: Micros) -> Step[Pressed]:
        return Step(state)

    def shown(self, _state: Pressed) -> Mapping[str, Shown]:
        return {"stairs/light": Shown("dark")}


class House(Served):
    """With a staircase."""

    def __init__(self, journal: Journal, ledger: Ledger) -> None:
        super().__init__(journal, ledger, Staircase())
        self.kept: list[tuple[int, object]] = []
        self.logged: list[str] = []

    def keep(self, _connection: sa.Connection, readings: Sequence[Reading]) -> None:
        """Every event, each under its number."""
        for event in readings:
            assert event.delivery is not None
            number = event.delivery.message or 0
            if number not in dict(self.kept):
                self.kept.append((number, event.value))

    def log(self, _connection: sa.Connection, readings: Sequence[Reading]) -> None:
        """What is on record of all that happened."""
        self.logged += [event.point for event in readings]

    async def press(self, word: str = "pressed") -> None:
        await self.tell("stairs/button", word)

    @property
    def reasons(self) -> list[str]:
        """Of all that was wished for."""
        return [wish.reason for wish in self.asked]

    async def said(self) -> list[tuple[str, object]]:
        """Everything in the journal that came of readings, oldest first."""
        batch = await anext(self.journal.follow(0))
        told = {"stairs/button", TICK}
        return [(r.point.rpartition("/")[2], r.value) for r in batch if r.point not in told]


@pytest.fixture
def house(journal: Journal, ledger: Ledger) -> House:
    return House(journal, ledger)


BEGUN = [("light", "dark"), ("times", 0.0)]
PRESSED = [("light", "lit"), ("times", 1.0), ("use", {"times": 1})]


async def test_what_machines_show_and_what_happened_are_readings(house: House) -> None:
    async with house.running():
        await house.press()
    assert await house.said() == BEGUN + PRESSED
    assert house.reasons == ["pressed"]


async def test_a_deadline_passes_by_a_tick_of_the_journal(house: House) -> None:
    async with house.running() as service:
        await house.press()
        await house.settled(service)
        house.now += 5 * SECOND
        await house.press("released")  # any reading moves the journal's time
        await house.settled(service)
    assert await house.said() == [*BEGUN, *PRESSED, ("light", "dark")]
    assert house.reasons == ["pressed", "over"]


@pytest.mark.promise("S1")
@pytest.mark.parametrize("killed", [True, False])
async def test_a_restart_says_nothing_twice_and_asks_for_nothing(
    house: House, killed: bool
) -> None:
    async with house.running(killed=killed):
        await house.press()
    async with house.running():
        pass
    assert await house.said() == BEGUN + PRESSED
    assert house.reasons == ["pressed"]


@pytest.mark.promise("S1")
async def test_what_was_due_while_the_gateway_was_away_is_done_but_not_commanded(
    house: House,
) -> None:
    async with house.running():
        await house.press()
    house.now += 6 * SECOND
    async with house.running():
        await until(lambda: house.journal.last_seq >= NOON + 8)
    assert (await house.said())[-1] == ("light", "dark")
    assert house.reasons == ["pressed"]


async def test_what_a_device_did_long_ago_is_recorded_and_asks_for_nothing(house: House) -> None:
    async with house.running():
        old = replace(reading("stairs/button", "pressed"), taken_at=NOON - HOUR)
        await house.journal.append([old])
    assert await house.said() == BEGUN + PRESSED
    assert house.reasons == []


@dataclass(frozen=True, slots=True)
class Burning(Staircase):
    """In a fire the stairs are lit."""

    def take(self, state: Pressed, reading: Reading, now: Micros) -> Step[Pressed]:
        step = Staircase.take(self, state, reading, now)
        return replace(step, wishes=tuple(replace(wish, reason=FIRE) for wish in step.wishes))


@pytest.mark.promise("S5")
async def test_a_fire_told_late_or_by_a_slow_clock_is_one_all_the_same(house: House) -> None:
    house.machines = (Burning(),)
    async with house.running() as service:
        old = replace(reading("stairs/button", "pressed"), taken_at=NOON - HOUR)
        await house.journal.append([old])
        await house.settled(service)
    assert house.reasons == [FIRE]
    async with house.running():
        pass
    assert house.reasons == [FIRE], "a restart asks for nothing"


@pytest.mark.promise("S1", "S5")
async def test_a_release_that_a_kill_may_have_cut_off_is_told_once_and_not_asked_for(
    house: House,
) -> None:
    house.machines = (Burning(),)
    async with house.running(killed=True):
        await house.press()
    told = ("not-commanded", {"devices": ["lamp"]})
    for _ in range(2):
        async with house.running(killed=True):
            pass
        assert (await house.said()).count(told) == 1
    assert house.reasons == [FIRE]


@pytest.mark.promise("S5")
async def test_a_fire_waits_for_no_journal_that_can_no_longer_be_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.machines = (Burning(),)
    async with house.running():
        append, goes_on = house.journal.append, asyncio.Event()

        async def hung(readings: Sequence[Reading]) -> None:
            if any(each.point == "stairs/light" for each in readings):
                await goes_on.wait()
            await append(readings)

        monkeypatch.setattr(house.journal, "append", hung)
        await house.press()
        await until(lambda: house.reasons == [FIRE])
        goes_on.set()
    assert house.reasons == [FIRE]


@pytest.mark.promise("S10")
async def test_the_count_goes_on_after_a_restart(house: House) -> None:
    async with house.running():
        await house.press()
    async with house.running():
        await house.press()
    assert (await house.said())[-1] == ("use", {"times": 2})


async def test_a_machine_that_fails_stands_still_and_says_so_while_others_go_on(
    house: House,
) -> None:
    house.machines = (Staircase(), Staircase("cellar"))
    async with house.running() as service:
        await house.press()
        await house.press("jammed")
        await house.journal.append([reading("cellar/button", "pressed")])
        await house.settled(service)
        assert "stairs stands still" in str(service.fault)
        newest = await house.journal.latest()
        assert newest["stairs/light"].quality is Quality.BAD
        assert newest["cellar/light"].value == "lit"
        await house.press()
        await house.settled(service)
        assert service.fault is None
    assert (await house.journal.latest())["stairs/times"].value == 2.0


async def test_a_new_machine_knows_what_its_points_said_last(house: House) -> None:
    house.machines = ()
    async with house.running():
        await house.press()
    house.machines = (Staircase(),)
    async with house.running():
        pass
    assert (await house.journal.latest())["stairs/light"].value == "lit"
    assert house.reasons == []


async def test_a_gateway_that_takes_over_goes_on_with_the_states_and_says_them_anew(
    house: House,
) -> None:
    async with house.running():
        await house.press()
    for point in ("stairs/light", "stairs/times"):  # its own journal knows something older
        await house.journal.append([reading(point, "dark" if point.endswith("light") else 0.0)])
    async with house.running(elsewhere=True):
        pass
    newest = await house.journal.latest()
    assert (newest["stairs/light"].value, newest["stairs/times"].value) == ("lit", 1.0)


async def test_a_state_that_cannot_be_read_begins_anew_and_is_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running():
        await house.press()

    house.machines = (Renamed(),)
    async with house.running() as service:
        await house.settled(service)
        assert "of stairs is lost" in str(service.fault)
    assert "the state of stairs is lost" in caplog.text
    assert (await house.journal.latest())["stairs/light"].value == "dark"


@pytest.mark.parametrize("killed", [True, False])
async def test_events_are_written_down_once_each_whatever_happens(
    house: House, killed: bool
) -> None:
    async with house.running(killed=killed):
        await house.press()
    async with house.running() as service:
        await house.press()
        await house.settled(service)
    assert [value for _, value in house.kept] == [{"times": 1}, {"times": 2}]


@dataclass(frozen=True, slots=True)
class Counter(Staircase):
    """Counts what the stairs tell of their use."""

    id: str = "counter"

    @property
    def points(self) -> frozenset[str]:
        return frozenset({"stairs/use"})

    def take(self, state: Pressed, _reading: Reading, _now: Micros) -> Step[Pressed]:
        return Step(Pressed(state.times + 1))


@pytest.mark.promise("K16")
async def test_what_another_gateway_is_to_go_on_from_is_kept_with_all_that_follows_from_it(
    house: House, tmp_path: Path
) -> None:
    house.machines = (Staircase(), Counter())
    async with house.running() as service:
        await house.press()
        await service.kept()
        service.save = house._never  # type: ignore[method-assign]  # the kill comes now
    async with Journal(tmp_path / "other.db") as journal:
        house.journal = journal
        async with house.running(elsewhere=True):
            pass
        assert (await journal.latest())["counter/times"].value == 1.0
    assert [value for _, value in house.kept] == [{"times": 1}]
    assert house.logged == ["stairs/use"]


async def test_what_one_save_could_not_keep_the_next_one_keeps_however_close_they_come(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, begun, fails = house.ledger.transact, asyncio.Event(), asyncio.Event()

    async def unreachable_at_first(work: Callable[[sa.Connection], object]) -> object:
        if not begun.is_set():
            begun.set()
            await fails.wait()
            raise Unreachable("ledger", "gone for a moment")
        return await transact(work)

    async with house.running() as service:
        await house.press()
        await house.settled(service)
        monkeypatch.setattr(house.ledger, "transact", unreachable_at_first)
        first = asyncio.create_task(service.save())
        await begun.wait()
        second = asyncio.create_task(service.save())
        fails.set()
        with pytest.raises(Unreachable):
            await first
        await second
        service.save = house._never  # type: ignore[method-assign]  # the kill comes now
        assert [value for _, value in house.kept] == [{"times": 1}]
    async with house.running() as service:
        await house.press()
        await house.settled(service)
    assert [value for _, value in house.kept] == [{"times": 1}, {"times": 2}]


@pytest.mark.parametrize("killed", [True, False])
async def test_readings_that_overtook_each_other_mean_the_same_when_they_are_read_again(
    house: House, killed: bool
) -> None:
    later = replace(reading("stairs/button", "pressed"), received_at=NOON + SECOND)
    house.now += 2 * SECOND
    async with house.running() as service:
        await house.journal.append([later])
        await house.settled(service)
        await service.save()
        if killed:
            service.save = house._never  # type: ignore[method-assign]  # the kill comes now
        await house.journal.append([reading("stairs/button", "pressed")])
    async with house.running():
        pass
    told = [value for name, value in await house.said() if name == "use"]
    assert told == [{"times": 1}, {"times": 2}]


async def test_what_is_kept_in_the_middle_of_a_step_is_counted_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house.running() as service:
        append, begun, goes_on = house.journal.append, asyncio.Event(), asyncio.Event()

        async def slow(readings: Sequence[Reading]) -> None:
            if any(reading.point == "stairs/light" for reading in readings):
                begun.set()
                await goes_on.wait()
            await append(readings)

        monkeypatch.setattr(house.journal, "append", slow)
        await house.press()
        await begun.wait()
        await service.save()
        service.save = house._never  # type: ignore[method-assign]  # the kill comes now
        goes_on.set()
    async with house.running():
        pass
    assert (await house.journal.latest())["stairs/times"].value == 1.0
