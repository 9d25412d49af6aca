"""States that the gateway itself holds: a zone it arms, a door's mode."""

from collections.abc import Collection, Mapping
from typing import Final

from gateway.errors import Refused
from gateway.journal.journal import Journal
from gateway.model.clock import Clock, Micros
from gateway.model.command import Action, Command
from gateway.model.reading import Reading
from gateway.site.model import Site

ORDER_POINT: Final = "order"
"""The derived event point by which a device's machine is told what has been ordered."""

ENDS: Final = frozenset({Action.BYPASS, Action.WALK_TEST})
"""What nobody may order for ever: a bypass that is forgotten hides the next break-in."""


class HeldStates:
    """Implements gateway.model.driver.Commander: an order is an event in the journal, which the
    machine takes in its turn; what it then shows confirms it."""

    name = "gateway"

    def __init__(
        self, journal: Journal, clock: Clock, lines: Mapping[str, Collection[str]]
    ) -> None:
        """`lines`: see lines_to_bypass."""
        self._journal = journal
        self._clock = clock
        self._lines = lines

    async def send(self, command: Command) -> None:
        """See Commander.send. Refused where it must have an end and has none to come, names a
        line that cannot be bypassed, or nobody to forgive."""
        now = self._clock()
        until = command.parameters.get("until")
        if command.action in ENDS and not (isinstance(until, int) and until > now):
            what = f"{command.action} must have an end that is still to come"
            raise Refused(command.device, what, "say until when")
        if command.action is Action.BYPASS:
            self._check_lines(command.device, command.parameters.get("lines"))
        if command.action is Action.FORGIVE and not command.parameters.get("person"):
            raise Refused(command.device, "is not told whom to forgive", "say which person")
        await self._journal.append([order(command, now)])

    def _check_lines(self, zone: str, wanted: object) -> None:
        known = self._lines.get(zone, ())
        wrong = [name for name in wanted if name not in known] if isinstance(wanted, list) else []
        if wrong:
            what = f"has no line {', '.join(wrong)} that may be bypassed"
            raise Refused(zone, what, f"name of: {', '.join(sorted(known))}")


def lines_to_bypass(site: Site) -> Mapping[str, Collection[str]]:
    """By zone, what its lines that may be bypassed are called: by point, and by device."""
    return {
        device.id: {name for line in device.zone.lines if not line.always for name in line.names}
        for device in site.devices
        if device.zone is not None
    }


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
