"""Commands: authorised, on record, sent once, and confirmed by a reading or not at all.

Nothing here is kept for later: a command that cannot be sent now has failed, and after a restart
nothing is sent again (architecture.md, safety rules).
"""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Final, TypeVar

from gateway.access.authority import Asked, refusal, right_asked, right_for
from gateway.access.command_book import CommandBook, Recorded
from gateway.access.confirming import confirms, shows, unsettable, what_shows, why_unsettable
from gateway.access.device_clock import CLOCK_POINT
from gateway.access.handing_over import DOUBTFUL, handed_over, released
from gateway.access.held import order
from gateway.access.instants import is_buffered
from gateway.access.interlock import OPENS, LockRefusal, other_doors
from gateway.access.machine import FIRE, Wish
from gateway.errors import Missing, Unreachable
from gateway.journal.journal import Journal
from gateway.live import Live
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.command import LASTS_AT_MOST, Action, Command, Outcome, Result
from gateway.model.driver import Commander
from gateway.model.reading import Quality, Reading
from gateway.security.roles import Right
from gateway.site.model import Confirmation, Device, Site

logger = logging.getLogger(__name__)

T = TypeVar("T")

OUTCOME_POINT: Final = "command"
"""The derived point of a device that says how its last command ended: the alarm hangs on it."""

URGENT: Final = frozenset({Action.LOCK_OPEN})
"""Escape: not kept waiting by what is under way to the same device."""

HALTS: Final = frozenset({Action.STOP})
"""Sent as soon as what was asked before has been: its confirmation is not waited for."""

ANNOUNCED_WITHIN_S: Final = 0.5
"""The longest a command waits for its order to be in the journal."""

Objection = Callable[[str, Action], str | None]
"""Device and action → why it must not be done now, as a code; None where nothing is against it."""


Kept = Callable[[], Coroutine[Any, Any, None]]
"""Returns once what the gateway holds by now would outlive it."""


class Commands:
    """One per gateway. `links` are the drivers that send commands, by connection; `held` takes
    those that change what the gateway itself holds: the ones confirmed by a derived point."""

    def __init__(
        self,
        site: Site,
        links: Mapping[str, Commander],
        held: Commander,
        objection: Objection,
        journal: Journal,
        live: Live,
        book: CommandBook,
        clock: Clock,
    ) -> None:
        self._devices = {device.id: device for device in site.devices}
        self._derived = {point.id for point in site.points.values() if point.derived}
        self._settings = site.access
        self._links = links
        self._held = held
        self._objection = objection
        self._journal = journal
        self._live = live
        self._book = book
        self._clock = clock
        self.kept: Kept = _is_journalled
        self._other_doors = other_doors(site)
        self._under_way: defaultdict[tuple[str, bool], set[asyncio.Event]] = defaultdict(set)
        self._sending: defaultdict[tuple[str, bool], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._newest: dict[tuple[str, bool], str] = {}
        self._going: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """What an earlier process left under way has an unknown end, and is told so: before that is
        on record, so that no kill comes in between. Unreachable when the ledger is."""
        for device in await self._book.left_open():
            await self._tell(device, Result.UNKNOWN)
        await self._book.close_open(self._clock())

    async def ask(self, asked: Asked, who: Actor) -> Outcome:
        """Have it done; returns when it is confirmed or has come to nothing. It goes on when nobody
        waits for that any more. Missing where there is no such device. Unreachable when it cannot
        be put on record: then it is not sent."""
        return await asyncio.shield(self._start(self._ask(asked, who), asked.action))

    def wish(self, wish: Wish) -> None:
        """Have done what a machine asks for by itself; returns at once. The record never holds it
        up."""
        device = self._devices.get(wish.device)
        if device is None or wish.action not in device.commands:
            logger.error("access: %s cannot be asked to %s", wish.device, wish.action)
            return
        self._start(self._grant(device, wish), wish.action)

    def right_to(self, asked: Asked) -> Right:
        """What somebody must be allowed for that."""
        device = self._devices.get(asked.device)
        return right_for(asked.action) if device is None else right_asked(device, asked)

    async def newest(self, limit: int, device: str | None = None) -> list[Recorded]:
        """See CommandBook.newest."""
        return await self._book.newest(limit, device)

    async def _ask(self, asked: Asked, who: Actor) -> Outcome:
        device = self._devices.get(asked.device)
        if device is None:
            raise Missing(asked.device, "no such device", "see the list of devices")
        command = self._command(asked, who)
        code = refusal(device, asked, who, self._settings) or self._in_the_way(command)
        if code is not None:
            outcome = Outcome(Result.REFUSED, code, why_unsettable(device, code, command))
            await self._book.refused(command, outcome, self._clock(), asked.second)
            return outcome
        with self._alone(command):
            await self._book.begin(command, asked.second)
            outcome = await self._carried_out(device, command)
        await self._note(self._book.end(command, outcome, self._clock()))
        return outcome

    async def _grant(self, device: Device, wish: Wish) -> None:
        asked = Asked(wish.device, wish.action, wish.reason, wish.parameters)
        command = self._command(asked, GATEWAY)
        if not _goes_beside(command):
            await self._turn(command)
        code = self._in_the_way(command)
        if code is not None:
            outcome = Outcome(Result.REFUSED, code)
            await self._note(self._book.refused(command, outcome, self._clock()))
            return
        begun = asyncio.create_task(self._note(self._book.begin(command)))
        with self._alone(command):
            outcome = await self._carried_out(device, command)
        await begun
        await self._note(self._book.end(command, outcome, self._clock()))

    def _start(self, doing: Coroutine[Any, Any, T], what: str) -> "asyncio.Task[T]":
        task = asyncio.create_task(doing, name=f"command {what}")
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return task

    def _command(self, asked: Asked, who: Actor) -> Command:
        now = self._clock()
        return Command(
            id=str(uuid.uuid4()),
            device=asked.device,
            action=asked.action,
            asked_by=who,
            reason=asked.reason.strip(),
            asked_at=now,
            expires_at=now + LASTS_AT_MOST,
            parameters=asked.parameters,
        )

    def _in_the_way(self, command: Command) -> str | None:
        busy = self._under_way[self._lane(command)] and not _goes_beside(command)
        return self._against(command) or ("busy" if busy else self._beside(command))

    def _beside(self, command: Command) -> str | None:
        """No machine knows yet what is under way to the other door of an air lock."""
        others = self._other_doors.get(command.device, ()) if command.action in OPENS else ()
        lanes = ((door, held) for door in others for held in (False, True))
        busy = any(self._under_way.get(lane) for lane in lanes)
        return LockRefusal.OTHER_UNKNOWN.value if busy else None

    def _against(self, command: Command) -> str | None:
        """Nothing is against what a fire asks for."""
        if _releases(command):
            return None
        device, action = self._devices[command.device], command.action
        unfit = unsettable(device, action, command.parameters) or self._is_over(command)
        return unfit or self._objection(device.id, action)

    def _is_over(self, command: Command) -> str | None:
        """A timed run must have its end before it; escape never waits for a better one. Of what the
        gateway holds see HeldStates."""
        until = command.parameters.get("until")
        if not isinstance(until, int) or _is_urgent(command) or self._is_held(command):
            return None
        return "end-has-passed" if until <= command.asked_at else None

    @contextmanager
    def _alone(self, command: Command) -> Iterator[None]:
        """One at a time for each device, and beside it escape, and a stop."""
        going, over = self._under_way[self._lane(command)], asyncio.Event()
        going.add(over)
        try:
            yield
        finally:
            going.discard(over)
            over.set()

    async def _turn(self, command: Command) -> None:
        """Returns when nothing is under way to the device any more, or it would be too late."""
        going = self._under_way[self._lane(command)]
        with suppress(TimeoutError):
            async with asyncio.timeout(LASTS_AT_MOST / SECOND):
                while going:
                    await next(iter(going)).wait()

    def _lane(self, command: Command) -> tuple[str, bool]:
        """What the gateway holds of a device waits for nothing that the device does."""
        return command.device, self._is_held(command)

    def _is_held(self, command: Command) -> bool:
        return self._devices[command.device].commands[command.action].point in self._derived

    async def _carried_out(self, device: Device, command: Command) -> Outcome:
        awaited = what_shows(device, command)
        lane = self._lane(command)
        async with nullcontext() if _is_urgent(command) else self._sending[lane]:
            since = self._journal.last_seq
            outcome = await self._sent(device, command)
            if outcome is None or outcome.result is not Result.REFUSED:
                self._newest[lane] = command.id
        if outcome in (None, DOUBTFUL):
            outcome = await self._shown(command, awaited, since, taken=outcome is None)
            if self._is_held(command):
                await self._note(self.kept())
        if outcome.result is not Result.REFUSED and self._newest[lane] == command.id:
            await self._tell(device.id, outcome.result)
        return outcome

    async def _sent(self, device: Device, command: Command) -> Outcome | None:
        """None when it was handed over, DOUBTFUL when it may have been. What spoke against it is
        looked at once more: recording it took its time."""
        code = self._against(command)
        held = self._is_held(command)
        link = self._held if held else self._links.get(device.connection)
        if link is None or code is not None:
            return Outcome(Result.REFUSED, code or "connection-takes-no-commands")
        left = command.expires_at - self._clock()
        if left <= 0:
            return Outcome(Result.FAILED, "expired")
        if held:
            return await handed_over(link, command, left)
        await self._announce(order(command, self._clock()))
        code = self._against(command)  # until the last moment
        refused = None if code is None else Outcome(Result.REFUSED, code)
        hand_over = released if _releases(command) else handed_over
        problem = refused or await hand_over(link, command, left)
        if problem not in (None, DOUBTFUL):
            await self._announce(order(command, self._clock(), withdrawn=True))
        return problem

    async def _announce(self, ordered: Reading) -> None:
        """The device's machine is told before the device can obey; a journal that cannot be written
        holds up no escape."""
        if ordered.point in self._derived:
            telling = self._start(self._journal.append([ordered]), "is announced")
            await asyncio.wait([telling], timeout=ANNOUNCED_WITHIN_S)

    async def _shown(
        self, command: Command, awaited: Confirmation, since: int, *, taken: bool
    ) -> Outcome:
        """`taken`: the device, or the broker before it, has said that it took it."""
        slow_by = self._slow_by(command.device)
        with suppress(TimeoutError):
            async with asyncio.timeout(awaited.within / SECOND):
                async for batch in self._journal.follow(since):
                    if any(confirms(awaited, reading, command, slow_by) for reading in batch):
                        return Outcome(Result.CONFIRMED, "shown")
        # A device that took it and was so already need not say it again.
        last = self._live.latest.get(awaited.point)
        was_so = last is not None and not is_buffered(last) and shows(awaited, last, 0)
        if taken and was_so and not awaited.by_event:
            return Outcome(Result.CONFIRMED, "unchanged")
        said = "nothing" if last is None else f"{last.value} ({last.quality})"
        return Outcome(Result.UNKNOWN, "not-shown", {"point": awaited.point, "said": said})

    def _slow_by(self, device: str) -> Micros:
        last = self._live.latest.get(f"{device}/{CLOCK_POINT}")
        said = last.value if last is not None and last.quality is Quality.GOOD else None
        return round(said) * SECOND if isinstance(said, float) else 0

    async def _tell(self, device: str, result: Result) -> None:
        point = f"{device}/{OUTCOME_POINT}"
        if point in self._derived:
            now = self._clock()
            await self._journal.append([Reading(point, result.value, now, now)])

    async def _note(self, writing: Coroutine[Any, Any, None]) -> None:
        """The command is on its way: a record that cannot be written is told, and holds up
        nothing."""
        try:
            await writing
        except Unreachable as error:
            logger.critical("a command could not be put on record: %s", error)


async def _is_journalled() -> None:
    """An order for what the gateway holds is in the journal, and that is enough for one gateway."""


def _goes_beside(command: Command) -> bool:
    return command.action in HALTS or _is_urgent(command)


def _is_urgent(command: Command) -> bool:
    return command.action in URGENT or _releases(command)


def _releases(command: Command) -> bool:
    return command.asked_by == GATEWAY and command.reason == FIRE
