"""All that people and systems outside are told by: opened, run, looked at."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.diagnostics import NOTICES, Telling, receiver
from gateway.health import Health, ReceiverHealth
from gateway.ledger.ledger import Ledger
from gateway.model.clock import Clock
from gateway.outside.heartbeat import NAME as HEARTBEAT
from gateway.outside.heartbeat import Heartbeat
from gateway.outside.http import client
from gateway.outside.sender import Carrier, Sender
from gateway.outside.upkeep import Upkeep
from gateway.outside.webhooks import WebhookSender
from gateway.self_watch import Look
from gateway.site.model import Site


@dataclass(frozen=True, slots=True)
class Receivers:
    """`notices` are sent to people, what `webhooks` carry to systems; `heartbeat` goes to a dead
    man's switch, if there is one; `upkeep` has old ones go."""

    notices: Sender
    webhooks: tuple[WebhookSender, ...]
    heartbeat: Heartbeat | None
    upkeep: Upkeep

    async def run(self, health: Callable[[], Health]) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.notices.run(), name=NOTICES)
            tasks.create_task(self.upkeep.run(), name="old notices")
            for webhook in self.webhooks:
                tasks.create_task(webhook.run(), name=_webhook(webhook.id))
            if self.heartbeat is not None:
                tasks.create_task(self.heartbeat.run(health), name=HEARTBEAT)

    @property
    def names(self) -> tuple[str, ...]:
        """As in `health`."""
        return tuple(each.name for each in self.health())

    def health(self) -> tuple[ReceiverHealth, ...]:
        """How it goes with each; without channels notices have none."""
        found = []
        if self.notices.channels:
            found.append(self._of_notices())
        for channel in self.notices.channels.values():
            found.append(ReceiverHealth(f"channel-{channel.id}", 0, channel.fault))
        for webhook in self.webhooks:
            found.append(ReceiverHealth(_webhook(webhook.id), webhook.waiting, webhook.fault))
        if self.heartbeat is not None:
            fault = self.heartbeat.withheld or self.heartbeat.fault
            found.append(ReceiverHealth(HEARTBEAT, 0, fault))
        return tuple(found)

    def looks(self) -> dict[str, Look]:
        """The same, as states of the gateway's own."""

        def look(name: str) -> Look:
            return lambda _before: self._telling(name)

        return {receiver(name): look(name) for name in self.names}

    def _of_notices(self) -> ReceiverHealth:
        waiting, fault = self.notices.undelivered, self.notices.fault
        if fault is None and waiting:
            fault = f"{waiting} cannot be delivered"
        return ReceiverHealth(NOTICES, waiting, fault)

    def _telling(self, name: str) -> Telling:
        fault = next(each.fault for each in self.health() if each.name == name)
        return Telling.TOLD if fault is None else Telling.FAILING


async def open_receivers(
    site: Site, ledger: Ledger, clock: Clock, stack: AsyncExitStack
) -> Receivers:
    """Closed when the stack is. BadConfig for a channel whose URL apprise cannot use."""
    channels = await asyncio.to_thread(channels_of, site, clock)
    http = await stack.enter_async_context(await asyncio.to_thread(client))
    return Receivers(
        Sender(ledger, channels, site.notices.audiences, clock),
        tuple(
            WebhookSender(hook, ledger, http, clock)
            for hook in site.webhooks
            if hook.url is not None
        ),
        None if site.heartbeat is None else Heartbeat(site.heartbeat, http),
        Upkeep(ledger, clock),
    )


def channels_of(site: Site, clock: Clock) -> Sequence[Carrier]:
    """Blocks. BadConfig for one whose URL apprise cannot use. Connects to nothing."""
    if not site.notices.channels:
        return ()
    # apprise takes half a second to load all its services, and most sites do without.
    from gateway.outside.channels import Channel  # noqa: PLC0415

    return tuple(Channel(id_, url, clock) for id_, url in site.notices.channels.items())


def _webhook(id_: str) -> str:
    return f"webhook-{id_}"
