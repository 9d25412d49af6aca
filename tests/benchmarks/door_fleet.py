"""A thousand doors, each with a connection and a last will of its own.

    python -m tests.benchmarks.door_fleet HOST PORT DOORS

Each says that it is there and closed (retained, as many firmwares do), says so again every 20 s,
and connects again within a second when its connection is lost. MQTT 3.1.1 by hand: a thousand
clients of paho would be what is measured.
"""

import asyncio
import sys
from contextlib import suppress
from itertools import count
from random import Random

from tests.benchmarks.estate import door_topic
from tests.benchmarks.publisher import connect_packet, publish_packet, state

HEARTBEAT_S = 20.0
AGAIN_WITHIN_S = 1.0

_CONNACK_BYTES = 4


async def live(host: str, port: int, door: int, chance: Random) -> None:
    """One door's life, until cancelled."""
    topic = door_topic(door)
    status = topic.removesuffix("state") + "status"
    hello = connect_packet(f"door-{door}", will=(status, b"offline"))
    for number in count():
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(hello)
                await reader.readexactly(_CONNACK_BYTES)
                writer.write(publish_packet(status, b"online", 1, retain=True))
                while not reader.at_eof():
                    said = state(number, "contact", "closed")
                    writer.write(publish_packet(topic, said, 2, retain=True))
                    with suppress(TimeoutError):
                        async with asyncio.timeout(HEARTBEAT_S):
                            while await reader.read(1024):
                                pass
            finally:
                writer.close()
        await asyncio.sleep(chance.random() * AGAIN_WITHIN_S)


async def main(host: str, port: int, doors: int) -> None:
    """All of them."""
    chance = Random(0)
    async with asyncio.TaskGroup() as tasks:
        for door in range(doors):
            tasks.create_task(live(host, port, door, chance))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
