"""Two gateways on one PostgreSQL: waiting to be the active one, and what that one does more.

See gateway/ledger/lease.py for which is active, gateway/alarms/dealt_with.py for what a broker
sends to both.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.access.service import AccessService
from gateway.alarms.dealt_with import DealtWith
from gateway.alarms.service import AlarmService
from gateway.api.standby import create_standby
from gateway.errors import BadConfig
from gateway.journal.handed_on import name_of, number_on_from
from gateway.journal.journal import Journal
from gateway.journal.lock import lock
from gateway.ledger.lease import Lease, Taken
from gateway.model.clock import Micros
from gateway.model.driver import Sink
from gateway.model.reading import Reading
from gateway.site.model import Site
from gateway.web_server import listening, server


@dataclass(frozen=True, slots=True)
class Active:
    """The active one of several gateways."""

    lease: Lease
    taken: Taken

    def prepare_journal(self, path: Path, now: Micros) -> None:
        """Where another gateway was active since, this one's journal numbers on beyond the cursor
        in the ledger. Before it is opened."""
        if self.taken.same_journal or not path.exists():
            return
        with closing(lock(path)), suppress(sqlite3.DatabaseError):  # opening mends a damaged one
            number_on_from(path, max(now, self.taken.cursor))

    def dealt_with(self, journal: Journal, now: Micros) -> DealtWith:
        """For the alarm service, the journal just opened."""
        since = 0 if self.taken.same_journal else journal.last_seq
        return DealtWith(journal, since, now)


def lease_of(site: Site) -> Lease:
    """BadConfig where the site file names no standby, or no ledger they could share."""
    if site.standby is None or site.ledger_url is None:
        raise BadConfig("site.standby", "needs a PostgreSQL ledger", "name one in site.ledger")
    return Lease(site.ledger_url, site.standby, name_of(site.data))


async def stand_by(site: Site, lease: Lease, stop: asyncio.Event) -> Active | None:
    """Wait until this gateway is the active one; None when it was stopped before. Meanwhile its
    address answers that it stands by."""
    with listening(*site.listen) as opened:
        web = server(create_standby(lambda: lease.active))
        serving = asyncio.create_task(web.serve([opened]), name="http of the standby")
        taking = asyncio.create_task(lease.take(), name="lease: take")
        asked = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait([serving, taking, asked], return_when=asyncio.FIRST_COMPLETED)
        finally:
            web.should_exit = True
            asked.cancel()
            if not taking.done():
                taking.cancel()
            await asyncio.wait([serving, taking, asked])
    return None if taking.cancelled() else Active(lease, taking.result())


def durable_for_all(journal: Journal, access: AccessService, alarms: AlarmService) -> Sink:
    """A sink that returns when what comes of the readings is in the ledger too, and this gateway is
    still the active one: only then may a broker forget them, for the journal is this gateway's."""

    async def sink(readings: Sequence[Reading], /) -> None:
        await journal.append(readings)
        await access.followed()
        await alarms.passed(journal.last_seq)
        await access.save()  # a transaction, which asks the fence

    return sink
