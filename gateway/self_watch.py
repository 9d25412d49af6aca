"""The gateway looks at itself, and tells the journal what has changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from gateway.diagnostics import SET, TRUE, state
from gateway.model.clock import SECOND, Clock, GatewayClock, Micros
from gateway.model.reading import Reading

LOOK_SECONDS: Final = 5.0

ASTRAY: Final[Micros] = 5 * SECOND
"""How far the machine's clock may be from the gateway's before that is told."""

Look = Callable[[str | None], str]
"""The state something is in, given the one it was in before. May block."""

Append = Callable[[Sequence[Reading]], Awaitable[None]]


async def watch(
    looks: Mapping[str, Look], append: Append, clock: Clock, look_seconds: float = LOOK_SECONDS
) -> None:
    """Append the state of each point when it is first seen and when it changes, for ever. It goes
    on looking while the journal cannot take what it saw."""
    seen: dict[str, str] = {}
    news = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_look(looks, seen, news, look_seconds), name="self-watch: look")
        tasks.create_task(_tell(seen, news, append, clock), name="self-watch: tell")


async def _look(
    looks: Mapping[str, Look], seen: dict[str, str], news: asyncio.Event, look_seconds: float
) -> None:
    while True:
        now = await asyncio.to_thread(_states, looks, dict(seen))
        if now != seen:
            seen.update(now)
            news.set()
        await asyncio.sleep(look_seconds)


async def _tell(seen: Mapping[str, str], news: asyncio.Event, append: Append, clock: Clock) -> None:
    told: dict[str, str] = {}
    while True:
        await news.wait()
        news.clear()
        changed = {point: now for point, now in seen.items() if told.get(point) != now}
        await append([state(point, now, clock()) for point, now in changed.items()])
        told |= changed


def _states(looks: Mapping[str, Look], before: Mapping[str, str]) -> dict[str, str]:
    return {point: look(before.get(point)) for point, look in looks.items()}


def clock_look(clock: GatewayClock) -> Look:
    """Whether the machine's clock was set, and the gateway's is still on its way after it."""

    def look(before: str | None) -> str:
        limit = SECOND if before == SET else ASTRAY
        return SET if abs(clock.astray) > limit else TRUE

    return look
