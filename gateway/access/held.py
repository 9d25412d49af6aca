"""States that the gateway itself holds: a zone it arms, a door's mode."""

from typing import Final

from gateway.journal.journal import Journal
from gateway.model.clock import Clock
from gateway.model.command import Command
from gateway.model.reading import Reading

ORDER_POINT: Final = "order"
"""The derived event point by which a device's machine is told what has been ordered."""


class HeldStates:
    """Implements gateway.model.driver.Commander: an order is an event in the journal, which the
    machine takes in its turn; what it then shows confirms it."""

    name = "gateway"

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def send(self, command: Command) -> None:
        """See Commander.send."""
        now = self._clock()
        order = {
            **command.parameters,
            "id": command.id,
            "action": command.action.value,
            "who": command.asked_by.user,
            "reason": command.reason,
        }
        await self._journal.append([Reading(f"{command.device}/{ORDER_POINT}", order, now, now)])
