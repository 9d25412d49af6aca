"""Waiting on conditions, never on time."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Returns as soon as `condition` holds; fails the test after `seconds`. For what has no event
    to wait on."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)
