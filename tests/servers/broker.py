"""mosquitto, an MQTT broker."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.ports import HOST, accepts, free_port
from tests.servers.programs import require
from tests.servers.server import Server


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker; `server.kill()` and `server.start()` are its outage."""

    host: str
    port: int
    server: Server


@contextmanager
def mosquitto(folder: Path, **options: str | int | bool) -> Iterator[Broker]:
    """mosquitto without limits on messages in flight or queued, keeping nothing on disk.

    `options` are lines of mosquitto.conf: `mosquitto(folder, max_packet_size=1000)`.
    """
    program = require("mosquitto", "mosquitto")
    port = free_port()
    settings: dict[str, str | int | bool] = {
        "listener": f"{port} {HOST}",
        "allow_anonymous": True,
        "user": getpass.getuser(),  # started as root it would change to a user of its own
        "persistence": False,
        "max_inflight_messages": 0,
        "max_queued_messages": 0,
        **options,
    }
    configuration = folder / f"mosquitto-{port}.conf"
    configuration.write_text(
        "".join(f"{key} {_mosquitto_word(value)}\n" for key, value in settings.items())
    )
    server = Server(
        [program, "-c", str(configuration)], folder / f"mosquitto-{port}.log", accepts(port)
    )
    server.start()
    try:
        yield Broker(HOST, port, server)
    finally:
        server.stop()


def _mosquitto_word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
