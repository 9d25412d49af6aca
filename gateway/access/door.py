"""The machine of a door: contact, lock, exit button, mode and grants, each its own field.

Words after ONVIF Door Control Service Specification, 5. The gateway only watches escape, and never
locks it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.access import door_bolt, door_button, door_mode, door_opening
from gateway.access.door_bolt import Bolt
from gateway.access.door_button import Button
from gateway.access.door_grants import By, Grant, details, left, passage
from gateway.access.door_hours import Hours
from gateway.access.door_mode import DoorRefusal, Hold, Mode, Office
from gateway.access.door_opening import AUTHORISED, STANDS_OPEN, Opening, Phase
from gateway.access.fire import NORMAL as NO_FIRE
from gateway.access.instants import Instant, instant
from gateway.access.machine import Shown, Step, Wish
from gateway.desk.calendars import WorkingTime
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.site.access_model import DoorSettings
from gateway.site.model import Device, Site

TELLS_GRANTS: Final = frozenset({"access", "exit-request"})
"""A door that has one of these points is to be opened by what they tell, and not otherwise."""


@dataclass(frozen=True, slots=True)
class DoorState:
    """What is known of a door. `hours` are the office hours by which `look_again`, their next
    change, was found when they were `looked_at`; another site file may bring others. `burning`: the
    fire inputs that release it and have told of fire."""

    opening: Opening = field(default_factory=Opening)
    bolt: Bolt = field(default_factory=Bolt)
    button: Button = field(default_factory=Button)
    mode: Mode = field(default_factory=Mode)
    grants: tuple[Grant, ...] = ()
    double_locked: bool = False
    look_again: Micros | None = None
    looked_at: Micros = 0
    hours: int = 0
    burning: frozenset[str] = frozenset()

    @property
    def is_free(self) -> bool:
        """Whether everybody may open it: in a fire too, which may release it by a wire of its
        own."""
        return bool(self.burning) or self.mode.is_free


def door(device: Device, site: Site) -> "Door":
    """That door of that site, by whose wall clock office hours go."""
    settings = device.door or DoorSettings()
    linkages = [each.fire for each in site.devices if each.fire and device.id in each.fire.doors]
    fires = frozenset(point for fire in linkages for point in fire.inputs)
    if settings.office is None:
        return Door(device, settings, fires=fires)
    calendar = site.desk.timing.calendars[settings.office.hours]
    return Door(device, settings, WorkingTime(calendar, site.time_zone), fires)


class Door:
    """One door; `hours` are its office hours, `fires` the points that tell of a fire in which it is
    released."""

    def __init__(
        self,
        device: Device,
        times: DoorSettings,
        hours: WorkingTime | None = None,
        fires: frozenset[str] = frozenset(),
    ) -> None:
        self.id = device.id
        self._can = frozenset(device.commands)
        self._says = frozenset(point.id for point in device.points if point.derived)
        self._times = times
        told = {point.id.rpartition("/")[2] for point in device.told}
        self._watches = bool(told & TELLS_GRANTS) if times.forced is None else times.forced
        first_person = times.office is not None and times.office.first_person
        self._fires = fires
        self._hours = Hours.of(hours, first_person=first_person)
        self._takes: Mapping[str, Callable[[DoorState, Reading, Micros], Step[DoorState]]] = {
            f"{device.id}/contact": self._contact,
            f"{device.id}/lock": self._lock,
            f"{device.id}/double-lock": self._double_lock,
            f"{device.id}/exit-request": self._exit_request,
            f"{device.id}/access": self._access,
            f"{device.id}/order": self._order,
            **dict.fromkeys(fires, self._signalled),
        }

    @property
    def points(self) -> frozenset[str]:
        """See Machine."""
        return frozenset(self._takes)

    def begin(self) -> DoorState:
        """See Machine."""
        return DoorState()

    def take(self, state: DoorState, reading: Reading, now: Micros) -> Step[DoorState]:
        """See Machine."""
        known = state
        if not state.burning <= self._fires:  # the site file names another panel now, or none
            known = replace(state, burning=state.burning & self._fires)
        step = self._takes[reading.point](known, reading, now)
        if now < step.state.looked_at and _is_fresh(reading, now):  # by a clock that was ahead
            looked = self._office(step.state, now)
            step = replace(looked, events=step.events, wishes=(*step.wishes, *looked.wishes))
        return self._followed(state, step, now)

    def elapse(self, state: DoorState, now: Micros) -> Step[DoorState]:
        """One deadline at a time: several may have passed."""
        at = self.deadline(state)
        if at is None or at > now:
            return Step(state)
        if at == 0:
            return Step(self._first_look(state, now))
        over = [grant for grant in state.grants if grant.ends <= at and not grant.taken]
        moved = replace(
            state,
            opening=door_opening.elapsed(state.opening, at, self._times),
            bolt=door_bolt.elapsed(state.bolt, at),
            button=door_button.elapsed(state.button, at),
            grants=left(state.grants, at),
        )
        step = self._office(moved, at) if state.look_again == at else Step(moved)
        events = tuple(passage(self.id, grant, "not-taken") for grant in over)
        return self._followed(state, replace(step, events=events), at)

    def deadline(self, state: DoorState) -> Micros | None:
        """See Machine; 0: the office hours are to be looked at for the first time."""
        if state.hours != self._hours.mark:
            return 0
        dues = (
            state.opening.deadline,
            state.bolt.due,
            state.button.due,
            state.look_again,
            *(grant.ends for grant in state.grants),
        )
        return min((due for due in dues if due is not None), default=None)

    def shown(self, state: DoorState) -> Mapping[str, Shown]:
        """See Machine."""
        accessed = state.opening.phase in AUTHORISED or any(not g.taken for g in state.grants)
        mode = state.mode.said(accessed=accessed, double_locked=state.double_locked)
        if state.burning:
            mode = Hold.LOCKED_OPEN.value
        said = {
            f"{self.id}/alarm": state.opening.shown,
            f"{self.id}/bolt": state.bolt.shown,
            f"{self.id}/exit-button": state.button.shown,
            f"{self.id}/mode": Shown(mode),
        }
        return {point: shown for point, shown in said.items() if point in self._says}

    def refusal(self, state: DoorState, device: str, action: Action) -> DoorRefusal | None:
        """See Machine."""
        if device != self.id:
            return None
        return door_mode.REFUSALS.get((state.mode.hold, action))

    # --- what its points say -----------------------------------------------------------------

    def _contact(self, state: DoorState, reading: Reading, now: Micros) -> Step[DoorState]:
        at, word = instant(reading, now), _word(reading)
        if word == "open":
            return self._opened(state, at)
        if word == "closed":
            return Step(replace(state, opening=door_opening.closed(state.opening, at)))
        if reading.value == "open" and reading.quality is Quality.STALE and at.own is not None:
            return self._opened_before(state, at)
        return Step(replace(state, opening=door_opening.doubted(state.opening)))

    def _opened_before(self, state: DoorState, at: Instant) -> Step[DoorState]:
        """What comes late ends nothing, but is no secret either."""
        authorised = any(g.explains(at) for g in state.grants) or self._may_open(state, at)
        opening = door_opening.overtaken(state.opening, at, self._times, authorised=authorised)
        return Step(replace(state, opening=opening))

    def _opened(self, state: DoorState, at: Instant) -> Step[DoorState]:
        fitting = [grant for grant in state.grants if grant.explains(at)]
        opening = door_opening.opened(
            state.opening,
            at,
            self._times,
            authorised=bool(fitting) or self._may_open(state, at),
            extra=max((grant.extra for grant in fitting), default=0),
        )
        if state.opening.phase in STANDS_OPEN:
            return Step(replace(state, opening=opening))
        bolt = door_bolt.door_opened(state.bolt)
        return self._taken(replace(state, opening=opening, bolt=bolt), fitting)

    def _may_open(self, state: DoorState, at: Instant) -> bool:
        """Whether no grant is needed."""
        bounces = state.opening.bounced(at, self._times.relock_time)
        return not self._watches or state.is_free or state.button.releases or bounces

    def _taken(self, state: DoorState, grants: list[Grant]) -> Step[DoorState]:
        """Somebody went through by them."""
        fresh = [grant for grant in grants if not grant.taken]
        kept = tuple(replace(g, taken=True) if g in fresh else g for g in state.grants)
        events = tuple(passage(self.id, grant, "taken") for grant in fresh)
        return Step(replace(state, grants=kept), events)

    def _lock(self, state: DoorState, reading: Reading, _now: Micros) -> Step[DoorState]:
        word = _word(reading)
        bolt = door_bolt.doubted(state.bolt) if word is None else door_bolt.heard(state.bolt, word)
        return Step(replace(state, bolt=bolt))

    def _double_lock(self, state: DoorState, reading: Reading, _now: Micros) -> Step[DoorState]:
        word = _word(reading)
        return Step(state if word is None else replace(state, double_locked=word == "locked"))

    def _exit_request(self, state: DoorState, reading: Reading, now: Micros) -> Step[DoorState]:
        word = _word(reading)
        if word is None:
            return Step(replace(state, button=door_button.doubted(state.button)))
        button = door_button.heard(state.button, word, now, self._times.button_time)
        moved = replace(state, button=button)
        if not door_button.is_press(state.button, button):
            return Step(moved)
        return self._granted(moved, self._grant(By.EXIT_BUTTON, instant(reading, now)))

    def _access(self, state: DoorState, reading: Reading, now: Micros) -> Step[DoorState]:
        said = reading.value
        if reading.quality is not Quality.GOOD or not isinstance(said, Mapping):
            return Step(state)
        leaves = said.get("direction") == "out"
        if said.get("result") != "granted" or (state.mode.is_secured and not leaves):
            return Step(state)
        at = instant(reading, now)
        grant = self._grant(By.CREDENTIAL, at, said, extended=said.get("extended") is True)
        step = self._granted(state, grant)
        if leaves or at.is_history or state.mode.office is not Office.WAITING:
            return step
        opened = replace(step.state, mode=replace(state.mode, office=Office.OPEN))
        return replace(step, state=opened, wishes=self._wish(Action.UNLOCK, "office-hours"))

    def _grant(
        self,
        by: By,
        at: Instant,
        said: Mapping[str, object] | None = None,
        *,
        extended: bool = False,
    ) -> Grant:
        extra = self._times.extended_time if extended else 0
        return Grant(by, at, self._times.release_time + extra, extra, details(said or {}))

    def _granted(self, state: DoorState, grant: Grant) -> Step[DoorState]:
        opening = door_opening.granted(state.opening, grant, self._times)
        explained = opening.unexplained != state.opening.unexplained
        moved = replace(state, opening=opening, grants=(*state.grants, grant))
        stands = state.opening.phase in STANDS_OPEN - {Phase.SETTLING}
        return self._taken(moved, [grant] if stands or explained else [])

    def _signalled(self, state: DoorState, reading: Reading, _now: Micros) -> Step[DoorState]:
        """Fire, or none any more. Doubt changes nothing: only the panel ends it."""
        word, point = _word(reading), frozenset({reading.point})
        if word is None:
            return Step(state)
        burning = state.burning - point if word == NO_FIRE else state.burning | point
        return Step(replace(state, burning=burning))

    # --- how it is held ---------------------------------------------------------------------

    def _order(self, state: DoorState, reading: Reading, now: Micros) -> Step[DoorState]:
        said = reading.value
        if not isinstance(said, Mapping) or said.get("action") not in door_mode.ORDERS:
            return Step(state)
        action, order = Action(str(said["action"])), str(said.get("id"))
        if said.get("withdrawn") is True:
            return Step(replace(state, mode=door_mode.withdrawn(state.mode, order)))
        if action is Action.OPEN and state.mode.is_secured:
            return Step(state)
        if action is Action.OPEN:
            who = {"holder": said.get("who"), "reason": said.get("reason")}
            grant = self._grant(By.COMMAND, instant(reading, now))
            return self._granted(state, replace(grant, details={**who, **details(said)}))
        if said.get("who") == GATEWAY.user and action in (Action.LOCK, Action.UNLOCK):
            return Step(state)  # the office hours' own: they know what they are
        mode = door_mode.ordered(state.mode, action, order)
        return Step(replace(state, mode=mode), wishes=self._carried_out(state.mode, mode))

    def _carried_out(self, before: Mode, mode: Mode) -> tuple[Wish, ...]:
        """What the lock has to do for a mode that the gateway alone holds."""
        if mode.hold is before.hold:
            return ()
        if mode.is_secured:
            return self._wish(Action.LOCK, mode.hold.value)
        if mode.hold is Hold.NONE and before.hold in (Hold.LOCKED_DOWN, Hold.LOCKED_OPEN):
            return self._wish(Action.UNLOCK if mode.is_free else Action.LOCK, "mode-ended")
        return ()

    def _first_look(self, state: DoorState, now: Micros) -> DoorState:
        """At hours that are new here: nothing is commanded for them."""
        mode = replace(state.mode, office=self._hours.office(now))
        return replace(
            state,
            mode=mode,
            hours=self._hours.mark,
            looked_at=now,
            look_again=self._hours.next_change(now),
        )

    def _office(self, state: DoorState, now: Micros) -> Step[DoorState]:
        before, office = state.mode.office, self._hours.office(now)
        if before is Office.OPEN and office is Office.WAITING:  # one window follows the other
            office = before
        mode = replace(state.mode, office=office)
        wishes: tuple[Wish, ...] = ()
        if mode.is_free != state.mode.is_free:
            wishes = self._wish(Action.UNLOCK if mode.is_free else Action.LOCK, "office-hours")
        again = self._hours.next_change(now)
        return Step(replace(state, mode=mode, looked_at=now, look_again=again), wishes=wishes)

    # --- what follows -----------------------------------------------------------------------

    def _followed(self, before: DoorState, step: Step[DoorState], now: Micros) -> Step[DoorState]:
        """What one field's change means for the others."""
        state = step.state
        opening, free = state.opening, state.is_free
        if free:
            opening = door_opening.freed(opening)
        elif before.is_free:
            opening = door_opening.timed(replace(opening, shut=None), Instant(now), self._times)
        bolt = door_bolt.looked_at(
            state.bolt,
            now,
            self._times.relock_time,
            is_shut=opening.phase is Phase.CLOSED,
            free=free or bool(state.grants),
        )
        return replace(step, state=replace(state, opening=opening, bolt=bolt))

    def _wish(self, action: Action, reason: str) -> tuple[Wish, ...]:
        return (Wish(self.id, action, reason),) if action in self._can else ()


def _is_fresh(reading: Reading, now: Micros) -> bool:
    return reading.quality is Quality.GOOD and not instant(reading, now).is_history


def _word(reading: Reading) -> str | None:
    """What a state point says for certain; None where nothing is."""
    good = reading.quality is Quality.GOOD and reading.value != UNKNOWN_STATE
    return str(reading.value) if good and isinstance(reading.value, str) else None
