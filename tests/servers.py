"""Real servers for tests: each on free loopback ports, with its own configuration and data folder,
ended when its `with` block ends.

A server that is not installed skips the test with the Debian package's name; under CI=true it
fails the test.
"""

import getpass
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg
import pytest
from psycopg import sql

from tests.blocking import excused

HOST: Final = "127.0.0.1"
START_WITHIN_S: Final = 90.0
"""Servers are up in 0.1–1 s; a loaded machine may take far longer."""
STOP_WITHIN_S: Final = 10.0


def free_port() -> int:
    """A TCP port nobody listens on, below the range from which the kernel hands out ports to
    connections (32768 on), so that none takes it before the server does."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port


def require(program: str, package: str) -> str:
    """The program's path. When it is missing: skipped, or failed under CI=true."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    return found or _missing(program, package)


class Server:
    """A child process that is started, stopped, killed and started again on the same port."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        ready: Callable[[], bool],
        *,
        environment: dict[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = command
        self._log = log
        self._ready = ready
        self._environment = {**os.environ, **(environment or {})}
        self._user = user
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self._command[0]} is not running"
        return self._process.pid

    @property
    def output(self) -> str:
        """All it has printed, over every start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Returns when the server answers; fails the test with its output when it does not."""
        assert self._process is None, f"{self._command[0]} is already running"
        with excused(), self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
            deadline = time.monotonic() + START_WITHIN_S
            while not self._ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    status = self._process.poll()
                    self.kill()
                    pytest.fail(
                        f"{self._command[0]} did not start (exit status {status}):\n{self.output}",
                        pytrace=False,
                    )
                _pause()

    def stop(self) -> None:
        """Asks it to end, and kills it when it does not; nothing when it is not running."""
        self._end(self._stop_signal)

    def hang_up(self) -> None:
        """SIGHUP: many servers then read their files again."""
        os.kill(self.pid, signal.SIGHUP)

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to its clients' sessions and its unsaved state."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        with excused():
            process.send_signal(how)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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
        lambda: _pings(f"{url}/ping"),
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


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """VictoriaMetrics. It takes InfluxDB's lines at /api/v2/write, whatever bucket they name, as
    series `measurement_field` whose samples are numbers (a string is 0), in milliseconds."""

    url: str
    server: Server

    def samples(self, series: str) -> dict[int, float]:
        """Of the series of that name, by their times; all that have been written by now."""
        with excused():
            with urlopen(f"{self.url}/internal/force_flush", timeout=START_WITHIN_S):
                pass
            asked = urlencode({"match[]": series})
            with urlopen(f"{self.url}/api/v1/export?{asked}", timeout=START_WITHIN_S) as answer:
                told = [json.loads(line) for line in answer]
        return {
            at: value
            for each in told
            for at, value in zip(each["timestamps"], each["values"], strict=True)
        }


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[MetricsServer]:
    """VictoriaMetrics as Debian packages it; it keeps samples of any age."""
    program = require("victoria-metrics", "victoria-metrics")
    port = free_port()
    data = folder / f"victoria-metrics-{port}"
    url = f"http://{HOST}:{port}"
    command = [
        *(program, f"-httpListenAddr={HOST}:{port}", f"-storageDataPath={data}"),
        *("-retentionPeriod=100y", "-memory.allowedBytes=64MB"),
    ]
    log = folder / f"victoria-metrics-{port}.log"
    server = Server(command, log, lambda: _pings(f"{url}/health"))
    server.start()
    try:
        yield MetricsServer(url, server)
    finally:
        server.stop()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL cluster; the URL is for SQLAlchemy with psycopg. It writes nothing through to
    disk (fsync off). Its log is in `folder`, its data beside it in a folder of its own: pytest's
    are closed to the user `postgres`, as whom the server runs when the tests run as root."""
    initdb, postgres = _postgresql_program("initdb"), _postgresql_program("postgres")
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="gatehouse-postgresql-") as data:
        if user:
            shutil.chown(data, user, user)
        log = folder / f"postgresql-{port}.log"
        with excused():
            _initialise([initdb, "-D", data, "-U", "gatehouse", *_INITDB_OPTIONS], user, log)
        server = Server(
            [postgres, "-D", data, "-p", str(port), "-k", "", *_POSTGRES_OPTIONS],
            log,
            lambda: _postgresql_answers(port),
            user=user,
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        )
        server.start()
        try:
            yield f"postgresql+psycopg://gatehouse@{HOST}:{port}/postgres"
        finally:
            server.stop()


@contextmanager
def postgresql_database(cluster_url: str) -> Iterator[str]:
    """A fresh, empty database in the cluster, dropped at the end; gives its URL."""
    server, _, maintenance = cluster_url.rpartition("/")
    plain = f"{server.replace('+psycopg', '')}/{maintenance}"
    name = f"test_{random.SystemRandom().randrange(10**12)}"
    with excused(), psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{server}/{name}"
    finally:
        with excused(), psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


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
_INITDB_OPTIONS: Final = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
_POSTGRES_OPTIONS: Final = [
    *("-c", f"listen_addresses={HOST}"),
    *("-c", "fsync=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "log_min_messages=warning"),
]


def _missing(program: str, package: str) -> str:
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _pause() -> None:
    time.sleep(0.01)


def _mosquitto_word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def accepts(port: int) -> Callable[[], bool]:
    """Whether somebody listens on that port now."""

    def accepts() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, port)) == 0

    return accepts


def _pings(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except (URLError, TimeoutError, ConnectionError):
        return False


def _create_administrator(server: InfluxServer) -> None:
    statement = (
        f"CREATE USER {server.username} WITH PASSWORD '{server.password}' WITH ALL PRIVILEGES"
    )
    request = Request(f"{server.url}/query", data=urlencode({"q": statement}).encode())
    with urlopen(request, timeout=START_WITHIN_S):
        pass


def _postgresql_program(name: str) -> str:
    """Debian keeps each version's programs in a folder of its own, outside the PATH."""
    by_version = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3])
    )
    return str(by_version[-1]) if by_version else require(name, "postgresql")


def _initialise(command: list[str], user: str | None, log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
            check=False,
        )
    if done.returncode != 0:
        pytest.fail(f"initdb failed:\n{log.read_text(errors='replace')}", pytrace=False)


def _postgresql_answers(port: int) -> bool:
    try:
        psycopg.connect(host=HOST, port=port, user="gatehouse", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
