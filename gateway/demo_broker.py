"""The demo's MQTT broker: mosquitto where it is installed, else amqtt inside this process."""

import asyncio
import logging
import os
import pwd
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.child import Child

logger = logging.getLogger(__name__)

SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin"
"""Where Debian puts mosquitto; not on everybody's PATH."""


def installed_mosquitto() -> str | None:
    """Its path; None where it is not installed."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")


@asynccontextmanager
async def demo_broker(folder: Path, port: int, mosquitto: str | None) -> AsyncIterator[str]:
    """A broker on 127.0.0.1 while entered; gives its name. It keeps its sessions in `folder`."""
    if mosquitto is None:
        async with _amqtt(port):
            yield "amqtt"
        return
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_mosquitto_configuration(folder, port))
    async with Child(
        "broker", [mosquitto, "-c", str(configuration)], folder / "broker.log"
    ) as child:
        await _answers(port, child)
        keeping = asyncio.create_task(child.keep_running(), name="broker")
        try:
            yield "mosquitto"
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


def _mosquitto_configuration(folder: Path, port: int) -> str:
    # Started by root, mosquitto would otherwise change to a user who may not read the folder.
    user = pwd.getpwuid(os.getuid()).pw_name
    return f"""\
listener {port} 127.0.0.1
allow_anonymous true
user {user}
persistence true
persistence_location {folder}/
max_queued_messages 100000
"""


@asynccontextmanager
async def _amqtt(port: int) -> AsyncIterator[None]:
    from amqtt.broker import Broker  # noqa: PLC0415  # an optional dependency

    logging.getLogger("amqtt").setLevel(logging.ERROR)
    # It stumbles over every client that asks for MQTT 5 first, and then asks again for less.
    stumbled = "client_connected_cb"
    logging.getLogger("asyncio").addFilter(lambda record: stumbled not in record.getMessage())
    logger.warning(
        "mosquitto is not installed: using amqtt inside the demo. It is for demos only: it can "
        "lose acknowledged messages. Debian: apt-get install mosquitto"
    )
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    await broker.start()
    try:
        yield
    finally:
        await broker.shutdown()


async def _answers(port: int, child: Child) -> None:
    """Returns when it does; Unreachable when it ends instead."""
    ended = asyncio.create_task(child.ended())
    try:
        while not ended.done():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.wait([ended], timeout=0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
        ended.result()
    finally:
        ended.cancel()
        await asyncio.wait([ended])
