"""InfluxDB 1.x."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.blocking import excused
from tests.servers.ports import HOST, free_port, pings
from tests.servers.programs import require
from tests.servers.server import START_WITHIN_S, Server


@dataclass(frozen=True, slots=True)
class InfluxServer:
    """InfluxDB 1.x asking for authentication; `username` may create databases."""

    url: str
    username: str
    password: str
    server: Server


@contextmanager
def influxdb(folder: Path) -> Iterator[InfluxServer]:
    """InfluxDB 1.6 as Debian packages it, with one administrator."""
    program = require("influxd", "influxdb")
    port = free_port()
    data = folder / f"influxdb-{port}"
    data.mkdir()
    configuration = data / "influxdb.conf"
    configuration.write_text(_INFLUXDB_CONF.format(host=HOST, port=port, data=data))
    url = f"http://{HOST}:{port}"
    server = Server(
        [program, "-config", str(configuration)],
        data / "influxdb.log",
        lambda: pings(f"{url}/ping"),
        environment={"HOME": str(data)},
    )
    server.start()
    try:
        administrator = InfluxServer(url, "gatehouse", "test-password", server)
        with excused():
            _create_administrator(administrator)
        yield administrator
    finally:
        server.stop()


_INFLUXDB_CONF: Final = """\
reporting-enabled = false
bind-address = "{host}:0"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "{host}:{port}"
  auth-enabled = true
  log-enabled = false
[ifql]
  enabled = false
"""


def _create_administrator(server: InfluxServer) -> None:
    statement = (
        f"CREATE USER {server.username} WITH PASSWORD '{server.password}' WITH ALL PRIVILEGES"
    )
    request = Request(f"{server.url}/query", data=urlencode({"q": statement}).encode())
    with urlopen(request, timeout=START_WITHIN_S):
        pass
