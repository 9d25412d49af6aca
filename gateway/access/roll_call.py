"""Who is inside each anti-passback area: the list for a muster in a fire."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.access.roll import Known
from gateway.access.states import roll_of
from gateway.errors import Missing
from gateway.model.clock import Micros
from gateway.site.model import Site


class Where(StrEnum):
    """How sure it is that somebody is inside."""

    INSIDE = "inside"
    LEAVING = "leaving"
    """Was let out, and nobody knows yet whether they went."""


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who went in by `door` at `since` and has not been seen to leave. `who` names them to
    a command."""

    who: str
    where: Where
    holder: str
    credential: str
    door: str
    since: Micros


class RollCalls:
    """One per gateway. `state_of` tells a machine's state from memory: it needs no ledger."""

    def __init__(self, site: Site, state_of: Callable[[str], object]) -> None:
        self.areas = tuple(device for device in site.devices if device.passback is not None)
        self._ids = {area.id for area in self.areas}
        self._state_of = state_of

    def of(self, area: str) -> tuple[Present, ...]:
        """By holder and credential. Missing where there is no such area."""
        if area not in self._ids:
            raise Missing(area, "no such anti-passback area", "see the devices of kind passback")
        inside = (_present(known) for known in roll_of(self._state_of(area)) if known.inside)
        return tuple(sorted(inside, key=lambda each: (each.holder, each.credential, each.who)))


def _present(known: Known) -> Present:
    where = Where.LEAVING if known.leaving else Where.INSIDE
    return Present(known.who, where, known.holder, known.credential, known.door, known.heard)
