"""The only wiring: one site, one gateway process."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from dashboards.pages import mount_pages
from drivers.camera.driver import CameraDriver
from drivers.modbus.driver import ModbusDriver
from drivers.mqtt.driver import MqttDriver
from gateway.alarms.service import AlarmService
from gateway.api.app import create_api
from gateway.dead_letters import DeadLetterBox
from gateway.desk.desk import Desk
from gateway.desk.tickets import announce
from gateway.errors import BadConfig
from gateway.feed import Feed
from gateway.health import DriverHealth, FollowerHealth, Health
from gateway.history import follower
from gateway.history.duckdb import DuckDbHistory
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.live import Live
from gateway.model.clock import Clock, gateway_clock
from gateway.model.driver import Driver
from gateway.security.accounts import Accounts
from gateway.services import Services
from gateway.silence import Silence
from gateway.site.model import Connection, ModbusTcp, MqttBroker, RtspCameras, Site
from gateway.supervise import Supervisor, watch_silence

logger = logging.getLogger(__name__)

Ready = Callable[[Services], Awaitable[None]]
"""Called once the pages can be opened."""


@dataclass(frozen=True, slots=True)
class _Gateway:
    """Everything that runs, in the order it starts: followers first, the field last."""

    services: Services
    journal: Journal
    cursor: int
    silence: Silence
    alarms: AlarmService
    histories: Sequence[tuple[str, follower.Store]]
    supervisors: Sequence[Supervisor]


async def run_site(site: Site, ready: Ready) -> None:
    """Run the gateway until SIGINT or SIGTERM. BadConfig when it cannot start."""
    stop = _stop_on_signal()
    with _listen(site) as listening:
        async with _gateway(site, gateway_clock()) as gateway:
            server = _server(gateway.services)
            async with asyncio.TaskGroup() as tasks:
                serving = tasks.create_task(server.serve([listening]), name="http")
                running = tasks.create_task(_run(gateway), name="gateway")
                await ready(gateway.services)
                await stop.wait()
                logger.info("stopping")
                server.should_exit = True
                running.cancel()
                await asyncio.wait([serving])


@asynccontextmanager
async def _gateway(site: Site, clock: Clock) -> AsyncIterator[_Gateway]:
    feed = Feed()
    letters = DeadLetterBox(clock)
    snapshots = site.data / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(Journal(site.data / "journal.db"))
        url = site.ledger_url or sqlite_url(site.data / "ledger.db")
        ledger = await stack.enter_async_context(Ledger(url))
        history = await stack.enter_async_context(DuckDbHistory(site.data / "history.duckdb"))
        histories: list[tuple[str, follower.Store]] = [("duckdb", history)]
        if site.influx is not None:
            # Its client library takes a second to load, and most sites do without.
            from gateway.history.influx import InfluxHistory  # noqa: PLC0415

            kinds = {device.id: device.kind for device in site.devices}
            influx = await stack.enter_async_context(InfluxHistory(site.influx, site.id, kinds))
            histories.append(("influxdb", follower.KeptCursor(influx, journal, "influxdb")))
        accounts = await stack.enter_async_context(Accounts(ledger, clock))
        live = Live(journal, feed)
        cursor = await live.start()
        alarms = AlarmService(site, journal, ledger, feed, clock, announce)
        supervisors = [
            Supervisor(_driver(connection, site, snapshots, clock, letters), clock)
            for connection in site.connections
        ]
        services = Services(
            site=site,
            clock=clock,
            live=live,
            feed=feed,
            desk=Desk(site, ledger, feed, clock),
            history=history,
            accounts=accounts,
            health=_health_of(journal, alarms, supervisors, letters, clock()),
            snapshots=snapshots,
        )
        silence = Silence(site.points.values(), live.latest, clock())
        yield _Gateway(services, journal, cursor, silence, alarms, histories, supervisors)


async def _run(gateway: _Gateway) -> None:
    services = gateway.services
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(services.live.follow(gateway.cursor), name="live")
        tasks.create_task(gateway.alarms.run(), name="alarms")
        for name, store in gateway.histories:
            tasks.create_task(follower.follow(gateway.journal, store, name), name=name)
        watching = watch_silence(gateway.silence, gateway.journal, gateway.cursor, services.clock)
        tasks.create_task(watching, name="silence")
        for supervisor in gateway.supervisors:
            name = f"driver {supervisor.health.name}"
            tasks.create_task(supervisor.run(gateway.journal.append), name=name)


def _driver(
    connection: Connection, site: Site, snapshots: Path, clock: Clock, letters: DeadLetterBox
) -> Driver:
    devices = site.devices_on(connection.id)
    match connection:
        case ModbusTcp():
            return ModbusDriver(connection, devices, clock)
        case MqttBroker():
            return MqttDriver(connection, devices, clock, letters)
        case RtspCameras():
            return CameraDriver(connection, devices, snapshots, clock)


def _health_of(
    journal: Journal,
    alarms: AlarmService,
    supervisors: Sequence[Supervisor],
    letters: DeadLetterBox,
    started_at: int,
) -> Callable[[], Health]:
    def health() -> Health:
        drivers = tuple(supervisor.health for supervisor in supervisors)
        behind = journal.last_seq - alarms.cursor
        followers = (FollowerHealth("alarms", behind, alarms.fault),)
        return Health(
            started_at=started_at,
            journal_seq=journal.last_seq,
            faults=_faults(journal, drivers, followers),
            drivers=drivers,
            followers=followers,
            dead_letter_counts=letters.counts,
            dead_letters=letters.newest_first,
        )

    return health


def _faults(
    journal: Journal, drivers: Sequence[DriverHealth], followers: Sequence[FollowerHealth]
) -> tuple[str, ...]:
    stopped = [] if journal.fault is None else [f"journal cannot write: {journal.fault}"]
    down = [f"{d.name}: {d.fault}" for d in drivers if d.fault is not None]
    waiting = [f"{f.name}: {f.fault}" for f in followers if f.fault is not None]
    return (*stopped, *down, *waiting)


def _listen(site: Site) -> socket.socket:
    host, port = site.listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        remedy = "choose another with site.listen in the site file"
        problem = f"cannot listen there ({error.strerror})"
        raise BadConfig(f"{host}:{port}", problem, remedy) from error
    return listening


def _server(services: Services) -> uvicorn.Server:
    api = create_api(services)
    mount_pages(api, services)
    config = uvicorn.Config(
        api, log_config=None, access_log=False, timeout_graceful_shutdown=1, server_header=False
    )
    return uvicorn.Server(config)


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
