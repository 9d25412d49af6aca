import asyncio
from collections.abc import Sequence

from gateway.model.clock import HOUR, SECOND, GatewayClock
from gateway.model.reading import Reading
from gateway.self_watch import clock_look, watch
from tests.gateway.samples import NOON


async def test_a_state_is_told_at_first_and_when_it_changes() -> None:
    states = iter(["ample", "ample", "low", "low", "ample"])
    told: list[object] = []
    told_all = asyncio.Event()

    def look(before: str | None) -> str:
        return next(states, before or "")

    async def append(readings: Sequence[Reading]) -> None:
        told.extend(reading.value for reading in readings)
        if len(told) == 3:
            told_all.set()

    watching = asyncio.create_task(watch({"gateway/disk": look}, append, lambda: NOON, 0.001))
    await told_all.wait()
    watching.cancel()
    await asyncio.wait([watching])
    assert told == ["ample", "low", "ample"]


async def test_it_goes_on_looking_while_the_journal_is_full() -> None:
    looks, loop, looked_again = 0, asyncio.get_running_loop(), asyncio.Event()

    def look(_: str | None) -> str:
        nonlocal looks
        looks += 1
        if looks == 3:
            loop.call_soon_threadsafe(looked_again.set)
        return "low"

    async def append(_: Sequence[Reading]) -> None:
        await asyncio.Event().wait()

    watching = asyncio.create_task(watch({"gateway/disk": look}, append, lambda: NOON, 0.0))
    await looked_again.wait()
    watching.cancel()
    await asyncio.wait([watching])


def test_a_clock_that_was_set_is_told_until_the_gateways_has_caught_up() -> None:
    passed, set_by = 0, 0
    clock = GatewayClock(lambda: (NOON + passed + set_by) * 1_000, lambda: passed * 1_000)
    look = clock_look(clock)
    assert look(None) == "true"
    set_by = 4 * SECOND
    assert look("true") == "true"
    set_by = -HOUR
    assert look("true") == "set"
    for _ in range(24):
        passed += HOUR
        clock()
    assert look("set") == "true"
