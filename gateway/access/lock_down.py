"""Every door of an area, or of the site, locked down in one act; and the end of it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from gateway.access.authority import Asked, refusal
from gateway.access.commands import Commands
from gateway.access.door import DoorState
from gateway.access.door_mode import Hold
from gateway.errors import GatehouseError, Missing
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.model.actor import Actor
from gateway.model.clock import Clock
from gateway.model.command import Action, Outcome, Result
from gateway.model.reading import Quality
from gateway.security.audit import record
from gateway.site.model import AccessSettings, Device, Site

ACTIONS: Final = (Action.LOCK_DOWN, Action.END_LOCK_DOWN)

NO_DOORS: Final = "no-doors"
"""There is none, or none that is locked down."""

AT_ONCE: Final = 50
"""Doors asked at a time: none of the ten seconds of a command goes by in a queue."""

SHUT: Final[Mapping[str, str]] = {"contact": "closed", "lock": "locked"}
"""By what a door shows that it is shut indeed, where it has the point."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one act: of the whole of it, or `doors`, by id, where that let it happen."""

    refused: str | None
    doors: Mapping[str, Outcome]


class LockDowns:
    """One per gateway. `state_of` tells a machine's state: in a fire a door shows another mode than
    it will have again."""

    def __init__(
        self,
        site: Site,
        commands: Commands,
        live: Live,
        state_of: Callable[[str], object],
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self.doors = tuple(each for each in site.devices if each.kind == "door")
        self.areas = tuple(dict.fromkeys(door.area for door in self.doors if door.area))
        """As the site file names them, in its order."""
        self._settings: AccessSettings = site.access
        self._commands = commands
        self._live = live
        self._state_of = state_of
        self._ledger = ledger
        self._clock = clock

    async def ask(self, area: str | None, asked: Asked, who: Actor) -> Done:
        """Have all doors of the area locked down (None: of the site), or have that ended for those
        that are. `asked` is authorised once, its device left empty; then it is a command of its own
        to each door. Missing where there is no such area. Unreachable when it cannot be put on
        record: then no door is asked."""
        if area is not None and area not in self.areas:
            raise Missing(area, "is no area that a door belongs to", "see `area` of the devices")
        doors = [door.id for door in self._concerned(area, asked.action)]
        code = refusal(None, asked, who, self._settings) or (None if doors else NO_DOORS)
        await self._record(area, asked, who, f"{len(doors)} doors" if code is None else code)
        if code is not None:
            return Done(code, {})
        turns = asyncio.Semaphore(AT_ONCE)
        outcomes = await asyncio.gather(
            *(self._ask_one(replace(asked, device=door), who, turns) for door in doors)
        )
        return Done(None, dict(zip(doors, outcomes, strict=True)))

    def locked_down(self) -> tuple[Device, ...]:
        """The doors that are, or are to be as soon as no fire releases them any more."""
        return tuple(self._concerned(None, Action.END_LOCK_DOWN))

    def not_shut(self, door: Device) -> Mapping[str, str]:
        """By which of its points the door does not show that it is shut and locked, and what each
        says; empty where it does."""
        points = {each.id.rpartition("/")[2]: each for each in door.told}
        said = {name: self._said(points[name].id) for name in SHUT if name in points}
        return {name: word for name, word in said.items() if word != SHUT[name]}

    def _concerned(self, area: str | None, action: Action) -> Iterator[Device]:
        for door in self.doors:
            if area not in (None, door.area):
                continue
            if action is Action.LOCK_DOWN or self._is_locked_down(door):
                yield door

    def _is_locked_down(self, door: Device) -> bool:
        state = self._state_of(door.id)
        held = isinstance(state, DoorState) and state.mode.hold is Hold.LOCKED_DOWN
        return held or self._said(f"{door.id}/mode") == Hold.LOCKED_DOWN

    def _said(self, point: str) -> str:
        last = self._live.latest.get(point)
        sure = last is not None and last.quality is Quality.GOOD
        return str(last.value) if last is not None and sure else "unknown"

    async def _ask_one(self, asked: Asked, who: Actor, turns: asyncio.Semaphore) -> Outcome:
        """One door that cannot be asked keeps no other from it."""
        async with turns:
            try:
                return await self._commands.ask(asked, who)
            except GatehouseError as error:
                told = {"problem": error.problem, "remedy": error.remedy}
                return Outcome(Result.FAILED, "unreachable", told)

    async def _record(self, area: str | None, asked: Asked, who: Actor, after: str) -> None:
        subject = "site" if area is None else f"area {area}"
        by = "" if asked.second is None else f" (agreed by {asked.second})"

        def work(connection: sa.Connection) -> None:
            at, act = self._clock(), f"{asked.action} of all doors"
            record(connection, at, who, act, subject, reason=asked.reason, after=after + by)

        await self._ledger.transact(work)
