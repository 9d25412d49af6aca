"""Whose request is next."""

import asyncio

import pytest

from drivers.modbus.turns import Turns


async def test_the_urgent_go_first_and_the_others_in_the_order_they_came() -> None:
    turns, order = Turns(), list[str]()

    async def take(name: str) -> None:
        await turns.acquire(urgent=name.startswith("command"))
        order.append(name)
        turns.release()

    await turns.acquire(urgent=False)
    names = ["poll 1", "poll 2", "command 1", "poll 3", "command 2"]
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            tasks.create_task(take(name))
        await asyncio.sleep(0)
        assert order == []
        turns.release()
    assert order == ["command 1", "command 2", "poll 1", "poll 2", "poll 3"]
    assert not turns.taken


@pytest.mark.parametrize("in_the_same_instant", [False, True])
async def test_who_is_cancelled_while_waiting_holds_up_nobody(in_the_same_instant: bool) -> None:
    turns = Turns()
    await turns.acquire(urgent=False)
    first, second = (asyncio.create_task(turns.acquire(urgent=False)) for _ in range(2))
    await asyncio.sleep(0)
    if in_the_same_instant:
        turns.release()
        first.cancel()
    else:
        first.cancel()
        turns.release()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.wait_for(second, 5)
    turns.release()
    assert not turns.taken
