"""The broker as deploy/ sets it up, running for real."""

import getpass
from collections.abc import Iterator

import pytest

from tests.deploy.secrets import DEPLOY, ShippedBroker, make_secrets
from tests.servers import HOST, Server, accepts, free_port, require


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedBroker]:
    """mosquitto with the shipped files; only paths, port and its own user differ."""
    folder = tmp_path_factory.mktemp("broker")
    secrets = make_secrets(folder, "lobby-door", "east-gate")
    program, port = require("mosquitto", "mosquitto"), free_port()
    (folder / "data").mkdir()
    text = (DEPLOY / "mosquitto/mosquitto.conf").read_text()
    for shipped, ours in {
        "listener 8883": f"listener {port} {HOST}\nuser {getpass.getuser()}",
        "/mosquitto/secrets": str(folder / "private/mosquitto"),
        "/mosquitto/data": str(folder / "data"),
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(text)
    server = Server([program, "-c", str(configuration)], folder / "log", accepts(port))
    server.start()
    yield ShippedBroker(port, secrets, server)
    server.stop()
