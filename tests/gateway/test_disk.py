import asyncio
from collections.abc import Sequence
from pathlib import Path

from gateway.disk import LOW_BYTES, watch_disk
from gateway.model.reading import Reading
from tests.gateway.samples import NOON


async def test_room_is_told_at_first_and_when_it_changes_and_not_at_every_flutter() -> None:
    free = [LOW_BYTES, LOW_BYTES - 1, LOW_BYTES + 1, 2 * LOW_BYTES - 1, 2 * LOW_BYTES]
    told: list[object] = []
    looked = asyncio.Event()

    def look(_: Path) -> int:
        if len(free) == 1:
            looked.set()
        return free.pop(0) if len(free) > 1 else free[0]

    async def append(readings: Sequence[Reading]) -> None:
        told.extend(reading.value for reading in readings)

    watching = asyncio.create_task(watch_disk(Path("/"), append, lambda: NOON, look, 0.0))
    await looked.wait()
    await asyncio.sleep(0)
    watching.cancel()
    await asyncio.wait([watching])
    assert told == ["ample", "low", "ample"]
