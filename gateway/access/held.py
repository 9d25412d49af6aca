"""States that the gateway itself holds: a zone it arms, a door's mode."""

from typing import Final

from gateway.errors import Refused
from gateway.journal.journal import Journal
from gateway.model.clock import Clock, Micros
from gateway.model.command import Action, Command
from gateway.model.reading import Reading

ORDER_POINT: Final = "order"
"""The derived event point by which a device's machine is told what has been ordered."""

ENDS: Final = frozenset({Action.BYPASS, Action.WALK_TEST})
"""What nobody may order for ever: a bypass that is forgotten hides the next break-in."""


class HeldStates:
    """Implements gateway.model.driver.Commander: an order is an event in the journal, which the
    machine takes in its turn; what it then shows confirms it."""

    name = "gateway"

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def send(self, command: Command) -> None:
        """See Commander.send. Refused where it must have an end and has none to come."""
        now = self._clock()
        until = command.parameters.get("until")
        if command.action in ENDS and not (isinstance(until, int) and until > now):
            what = f"{command.action} must have an end that is still to come"
            raise Refused(command.device, what, "say until when")
        await self._journal.append([order(command, now)])


def order(command: Command, now: Micros, *, withdrawn: bool = False) -> Reading:
    """The event that tells a device's machine what has been ordered; `withdrawn`: that it came to
    nothing."""
    value = {
        **command.parameters,
        "id": command.id,
        "action": command.action.value,
        "who": command.asked_by.user,
        "reason": command.reason,
    }
    if withdrawn:
        value["withdrawn"] = True
    return Reading(f"{command.device}/{ORDER_POINT}", value, now, now)
