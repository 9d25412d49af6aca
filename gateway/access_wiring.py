"""How doors, barriers and zones are put together, for gateway.app."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.access.command_book import CommandBook
from gateway.access.commands import Commands
from gateway.access.held import HeldStates
from gateway.access.machines import machines
from gateway.access.plates import Register
from gateway.access.service import AccessService
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.model.clock import Clock
from gateway.model.driver import Commander, Driver
from gateway.site.model import Site


@dataclass(frozen=True, slots=True)
class AccessParts:
    """What runs (`service`), and what is asked of it."""

    service: AccessService
    commands: Commands


async def wire_access(
    site: Site,
    drivers: Iterable[Driver],
    journal: Journal,
    live: Live,
    ledger: Ledger,
    clock: Clock,
    *,
    elsewhere: bool,
) -> AccessParts:
    """Machines and commands that know each other. `elsewhere`: see AccessService. Unreachable when
    the ledger is."""
    service = AccessService(machines(site, Register()), journal, ledger, clock, elsewhere=elsewhere)
    commands = Commands(
        site,
        {driver.name: driver for driver in drivers if isinstance(driver, Commander)},
        HeldStates(journal, clock),
        service.refusal,
        journal,
        live,
        CommandBook(ledger),
        clock,
    )
    await commands.start()
    service.ask = commands.wish
    return AccessParts(service, commands)
