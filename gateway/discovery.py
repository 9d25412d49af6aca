"""What devices say of themselves on a broker, for an engineer to approve.

Nothing said on a broker changes what the gateway does, and it never writes its own site file: that
is kept, reviewed and checked by people, and a gateway that could write it would do so for whoever
can write on the broker. An approval puts on record who took which entry, and hands the entry out.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.errors import Missing
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import Clock
from gateway.model.discovered import Found, Heard
from gateway.security.audit import record
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Site

LISTEN_S: Final = 3.0


Listen = Callable[[MqttBroker, float], Heard]
"""Listens for so many seconds; blocks. Raises Unreachable."""


class Discovery:
    """One per gateway, for the connections whose site file entry allows it."""

    def __init__(self, site: Site, listen: Listen, ledger: Ledger, clock: Clock) -> None:
        brokers = (each for each in site.connections if isinstance(each, MqttBroker))
        self._brokers = {broker.id: broker for broker in brokers if broker.discovery}
        self._listen = listen
        self._ledger = ledger
        self._clock = clock
        self._busy = asyncio.Lock()
        self._heard: dict[str, Heard] = {}

    @property
    def connections(self) -> tuple[str, ...]:
        """By their ids in the site file."""
        return tuple(self._brokers)

    async def look(self, connection: str) -> Heard:
        """What is said there now, in a session of its own that leaves nothing. Missing where the
        site file allows none, Unreachable when the broker is."""
        broker = self._brokers.get(connection)
        if broker is None:
            allowed = ", ".join(self._brokers) or "none"
            raise Missing(connection, "allows no discovery", f"the site file allows: {allowed}")
        async with self._busy:
            heard = await asyncio.to_thread(self._listen, broker, LISTEN_S)
        self._heard[connection] = heard
        return heard

    async def approve(self, connection: str, digest: str, *, who: Actor) -> Found:
        """Put on record that this entry is taken. Missing when it is not what was found last."""
        last = self._heard.get(connection, Heard((), ()))
        found = next((each for each in last.found if each.digest == digest), None)
        if found is None:
            raise Missing(f"entry {digest}", "is not what was found last", "look again")
        subject = f"device {found.id} on {connection}"
        after = f"{found.kind} {found.topic} {found.digest}"
        await self._ledger.transact(
            lambda db: record(db, self._clock(), who, "device approved", subject, after=after)
        )
        return found
