"""How doors, barriers and zones are put together, for gateway.app."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from gateway.access.command_book import CommandBook
from gateway.access.commands import Commands
from gateway.access.event_log import NAME as EVENTS
from gateway.access.event_log import EventLog
from gateway.access.held import HeldStates, lines_to_bypass
from gateway.access.lock_down import LockDowns
from gateway.access.machines import machines
from gateway.access.passes import Passes
from gateway.access.roll_call import RollCalls
from gateway.access.service import AccessService
from gateway.access.vehicles import Vehicles, keep
from gateway.history.follower import Follower
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.model.clock import Clock
from gateway.model.driver import Commander, Driver
from gateway.site.model import Site


@dataclass(frozen=True, slots=True)
class AccessParts:
    """What runs (`service`; `logging`, which fills `log`) and is asked (`commands`, `lock_downs`,
    `log`, `roll_calls`)."""

    service: AccessService
    commands: Commands
    lock_downs: LockDowns
    passes: Passes
    vehicles: Vehicles
    log: EventLog
    roll_calls: RollCalls
    logging: Follower

    async def run(self, journal: Journal) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.service.run(), name="access")
            tasks.create_task(self.logging.run(journal), name=EVENTS)


async def wire_access(
    site: Site,
    drivers: Iterable[Driver],
    journal: Journal,
    live: Live,
    ledger: Ledger,
    clock: Clock,
    *,
    elsewhere: bool,
    shared: bool = False,
) -> AccessParts:
    """Machines and commands that know each other. `elsewhere`: see AccessService; `shared`: another
    gateway may have to go on from the ledger alone. Unreachable when the ledger is."""
    barriers = {device.id for device in site.devices if device.kind == "barrier"}
    passes = await Passes(barriers, site.time_zone, ledger, clock).load()
    log = EventLog(site, ledger, journal, clock)
    service = AccessService(
        machines(site, passes.register),
        journal,
        ledger,
        clock,
        elsewhere=elsewhere,
        keep=partial(keep, barriers),
        log=log.put if shared else None,
    )
    commands = Commands(
        site,
        {driver.name: driver for driver in drivers if isinstance(driver, Commander)},
        HeldStates(journal, clock, lines_to_bypass(site)),
        service.refusal,
        journal,
        live,
        CommandBook(ledger),
        clock,
    )
    await commands.start()
    service.ask = commands.wish
    if shared:
        commands.kept = service.kept
    vehicles = Vehicles(ledger, clock)
    lock_downs = LockDowns(site, commands, live, service.state, ledger, clock)
    roll_calls = RollCalls(site, service.state)
    logging = Follower(log, EVENTS)
    return AccessParts(service, commands, lock_downs, passes, vehicles, log, roll_calls, logging)
