"""A perimeter zone that the gateway holds: armed, bypassed, breached (estate-rules.md, S6).

Pure, after EN 50131-1 (entry and exit, tamper, isolation) and CLC/TS 50131-3. A zone is armed
unless it is known to be disarmed; doubt clears nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.access.held import ORDER_POINT
from gateway.access.instants import is_buffered
from gateway.access.machine import Event, Shown, Step
from gateway.access.zone_lines import Line, Lines, heard, tells_late
from gateway.access.zone_schedule import Schedule, schedule_of
from gateway.access.zone_state import (
    LASTING,
    NOT_READY,
    ORDERED,
    OVER,
    Known,
    Mode,
    Phase,
    ZoneRefusal,
    ZoneState,
)
from gateway.access.zone_trips import counted, led_to
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading
from gateway.site.held_model import ZoneSettings
from gateway.site.model import Device, Site

QUIET: Final = (Mode.DISARMED, Mode.WALK_TEST)


def held_zone(device: Device, site: Site) -> "HeldZone | None":
    """That device's machine; None for a zone that its panel holds."""
    settings = device.zone
    if settings is None:
        return None
    named = {line.point.rpartition("/")[0] for line in settings.lines}
    beside = (each.points for each in site.devices if each.id in named)
    lines = Lines(settings.lines, {point.id: point for points in beside for point in points})
    calendars = dict(site.desk.timing.calendars)
    schedule = schedule_of(settings, calendars, site.time_zone)
    return HeldZone(device.id, settings, lines, schedule, device.cameras)


@dataclass(frozen=True, slots=True)
class HeldZone:
    """The machine of one zone; see gateway.access.machine.Machine."""

    id: str
    settings: ZoneSettings
    lines: Lines
    schedule: Schedule
    cameras: tuple[str, ...] = ()

    @property
    def points(self) -> frozenset[str]:
        """Its lines', with what supervises them, and what is ordered."""
        return self.lines.points | {f"{self.id}/{ORDER_POINT}"}

    def begin(self) -> ZoneState:
        """Armed, and no line heard of."""
        return ZoneState()

    def shown(self, state: ZoneState) -> Mapping[str, Shown]:
        """Mode, bypass, alarm, and how its lines are."""
        unready = state.phase is Phase.NORMAL and state.standing - self.lines.unwatched(state)
        words = {
            "mode": state.mode.value,
            "bypass": "bypassed" if state.bypassed else "active",
            "alarm": NOT_READY if unready else state.phase.value,
            "supervision": self.lines.supervision(state).value,
            "swinger": "limited" if state.limited else "none",
            "siren": "silent" if state.siren_ends is None else "sounding",
        }
        return {f"{self.id}/{name}": Shown(word) for name, word in words.items()}

    def refusal(self, state: ZoneState, device: str, action: Action) -> ZoneRefusal | None:
        """It is not armed over a line in alarm: that line is bypassed first, on purpose."""
        if device != self.id or action not in (Action.ARM, Action.PART_ARM):
            return None
        passable = self.settings.exit_delay > 0
        lines = self.lines.not_ready(state, ORDERED[action])
        blocked = any(not (line.setting.delayed and passable) for line in lines)
        return ZoneRefusal.LINE_NOT_READY if blocked else None

    # --- readings ------------------------------------------------------------------------------

    def take(self, state: ZoneState, reading: Reading, now: Micros) -> Step[ZoneState]:
        """See Machine.take."""
        is_ahead = state.scheduled_to is not None and state.scheduled_to > now
        if state.schedule == self.schedule.mark and not is_ahead:
            return self._told(state, reading, now)
        first = self._newly_scheduled(state, now)
        then = self._told(first.state, reading, now)
        return Step(then.state, first.events + then.events)

    def _told(self, state: ZoneState, reading: Reading, now: Micros) -> Step[ZoneState]:
        if reading.point == f"{self.id}/{ORDER_POINT}":
            return self._ordered(state, reading.value, now)
        line = self.lines.get(reading.point)
        if line is not None and line.is_event:
            return self._happened(state, line, reading, now)
        before = state.known.get(reading.point, Known())
        after = heard(before, reading)
        state = replace(state, known={**state.known, reading.point: after})
        if line is None:
            return Step(state)
        if not after.alarmed:
            state = replace(state, standing=state.standing - {reading.point})
        if (after.alarmed and not before.alarmed) or tells_late(before, reading):
            return self._tripped(state, line, reading, now)
        return self._settled(state)

    def _happened(
        self, state: ZoneState, line: Line, reading: Reading, now: Micros
    ) -> Step[ZoneState]:
        value = reading.value
        if reading.quality is not Quality.GOOD or not isinstance(value, Mapping):
            return Step(state)
        if line.setting.tripwire not in (None, value.get("line")):
            return Step(state)
        return self._tripped(state, line, reading, now)

    def _tripped(
        self, state: ZoneState, line: Line, reading: Reading, now: Micros
    ) -> Step[ZoneState]:
        late, happened_at = is_buffered(reading), now - reading.received_at + reading.taken_at
        mode = state.mode_before if late and happened_at < state.mode_since else state.mode
        point, always = line.setting.point, line.setting.always
        if mode is Mode.WALK_TEST and not always:
            walked = replace(self._unready(state, point), walked=state.walked | {point})
            return Step(walked, (self._trip(point, Mode.WALK_TEST.value, late),))
        if not self.lines.watched(state, line, mode):
            return Step(self._unready(state, point))
        if point in state.limited:
            until = now + self._rest
            limited = replace(state, limited={**state.limited, point: until})
            return Step(limited, (self._trip(point, "limited", late),))
        state = state if always else counted(state, point, now, self.settings.swinger)
        counting = self.lines.counting(state)
        phase = Phase.BREACH if always else led_to(state, line, now, self.settings, counting)
        state = replace(state, always_on=state.always_on or always)
        if phase is Phase.EXIT:
            state = replace(state, standing=state.standing | {point})
        entered = self._entered(state, phase, now)
        return replace(entered, events=(self._trip(point, phase.value, late),))

    def _unready(self, state: ZoneState, point: str) -> ZoneState:
        """What began while nobody watched, or by a clock that says so, is no breach; where the line
        is watched now and stands in alarm still, it is not ready."""
        return replace(state, standing=state.standing | ({point} & self.lines.counting(state)))

    # --- phases --------------------------------------------------------------------------------

    def _entered(self, state: ZoneState, phase: Phase, now: Micros) -> Step[ZoneState]:
        if phase is Phase.BREACH:
            return self._breached(state, now)
        if phase is state.phase and phase is not Phase.UNCONFIRMED:
            return Step(state)
        confirm = self.settings.confirm
        lasts = {
            Phase.EXIT: self.settings.exit_delay,
            Phase.ENTRY: self.settings.entry_delay,
            Phase.UNCONFIRMED: 0 if confirm is None else confirm.within,
        }
        ends = now + lasts[phase] if phase in lasts else None
        return Step(replace(state, phase=phase, phase_ends=ends))

    def _breached(self, state: ZoneState, now: Micros) -> Step[ZoneState]:
        """Each trip sounds the siren again, unless it still sounds; output.py switches it."""
        ends = state.siren_ends
        if ends is None and self.settings.sirens:
            ends = now + self.settings.siren_time
        until = now + self.settings.cleared_after
        return Step(replace(state, phase=Phase.BREACH, phase_ends=until, siren_ends=ends))

    def _settled(self, state: ZoneState) -> Step[ZoneState]:
        """A breach that lasts only as long as a line stands in alarm may be over."""
        lasts = state.phase in LASTING and state.phase_ends is None
        return self._over(state) if lasts and not self.lines.counting(state) else Step(state)

    def _over(self, state: ZoneState) -> Step[ZoneState]:
        """Normal again, and silent."""
        normal = replace(
            state, phase=Phase.NORMAL, phase_ends=None, siren_ends=None, always_on=False
        )
        return Step(normal)

    # --- orders --------------------------------------------------------------------------------

    def _ordered(self, state: ZoneState, order: object, now: Micros) -> Step[ZoneState]:
        said = order if isinstance(order, Mapping) else {}
        until = said.get("until")
        ends = until if isinstance(until, int) and until > now else None
        match str(said.get("action")):
            case Action.BYPASS if ends is not None:
                chosen = dict.fromkeys(self.lines.to_bypass(said.get("lines")), ends)
                return self._settled(replace(state, bypassed={**state.bypassed, **chosen}))
            case Action.END_BYPASS:
                return Step(self._watched_again(state, frozenset(state.bypassed)))
            case Action.END_WALK_TEST if state.mode is Mode.WALK_TEST:
                return self._turned(state, state.resumes, now)
            case Action.WALK_TEST if ends is None:
                return Step(state)
            case action if action in ORDERED:
                return self._turned(state, ORDERED[Action(action)], now, ends, by_person=True)
        return Step(state)

    def _turned(
        self,
        state: ZoneState,
        mode: Mode,
        now: Micros,
        ends: Micros | None = None,
        *,
        by_person: bool = False,
    ) -> Step[ZoneState]:
        """Into that mode, for good or until `ends`. Lines that stand in alarm and were not watched
        trip no more; they show as not ready."""
        if mode not in QUIET:
            ends = None
        if mode is state.mode:
            resumes = self.schedule.mode_at(ends or now) if self.schedule.acts else Mode.ARMED
            same = replace(state, mode_ends=ends, resumes=resumes, by_person=by_person)
            return Step(same)
        resumes = state.resumes if state.mode_ends is not None else state.mode
        newly = self.lines.unwatched(state) & self.lines.alarmed(state)
        events = self._walk_told(state)
        state = replace(
            state,
            mode=mode,
            mode_since=now,
            mode_before=state.mode,
            mode_ends=ends,
            resumes=resumes,
            standing=(state.standing | newly) & self.lines.alarmed(state),
            trips={},
            limited={},
            walked=frozenset(),
            by_person=by_person,
        )
        if mode in QUIET:
            step = self._settled(state) if state.always_on else self._over(state)
        elif by_person and state.phase is Phase.NORMAL and self.settings.exit_delay:
            step = self._entered(state, Phase.EXIT, now)
        else:
            step = self._settled(state)
        return replace(step, events=events)

    def _walk_told(self, state: ZoneState) -> tuple[Event, ...]:
        if state.mode is not Mode.WALK_TEST:
            return ()
        every = frozenset(line.point for line in self.settings.lines if not line.always)
        told = {"tested": sorted(state.walked), "untested": sorted(every - state.walked)}
        return (Event(f"{self.id}/trip", {"led-to": "walk-test-over", **told}),)

    def _watched_again(self, state: ZoneState, points: frozenset[str]) -> ZoneState:
        """What was bypassed or left out and stands in alarm is not ready."""
        alarmed = self.lines.alarmed(state) & points
        return replace(
            state,
            bypassed={p: at for p, at in state.bypassed.items() if p not in points},
            limited={p: at for p, at in state.limited.items() if p not in points},
            standing=state.standing | alarmed,
        )

    # --- time ----------------------------------------------------------------------------------

    def deadline(self, state: ZoneState) -> Micros | None:
        """See Machine.deadline."""
        ends = (
            state.mode_ends,
            state.phase_ends,
            state.siren_ends,
            self._scheduled(state),
            *state.bypassed.values(),
            *state.limited.values(),
        )
        return min((each for each in ends if each is not None), default=None)

    def elapse(self, state: ZoneState, now: Micros) -> Step[ZoneState]:
        """All that was due at the first instant, as if it were that."""
        due = self.deadline(state)
        step = Step(state)
        while due is not None and due <= now and self.deadline(step.state) == due:
            then = self._elapsed(step.state, due)
            step = Step(then.state, step.events + then.events)
        return step

    def _elapsed(self, state: ZoneState, due: Micros) -> Step[ZoneState]:
        acts: tuple[tuple[Micros | None, Callable[[], Step[ZoneState]]], ...] = (
            (self._scheduled(state), lambda: self._by_schedule(state, due)),
            (state.mode_ends, lambda: self._turned(state, state.resumes, due)),
            (state.phase_ends, lambda: self._phase_ended(state, due)),
            (state.siren_ends, lambda: Step(replace(state, siren_ends=None))),
        )
        for at, act in acts:
            if at == due:
                return act()
        both = (*state.bypassed.items(), *state.limited.items())
        return Step(self._watched_again(state, frozenset(p for p, at in both if at == due)))

    def _scheduled(self, state: ZoneState) -> Micros | None:
        done = state.scheduled_to
        return None if done is None else self.schedule.next_change(done)

    def _newly_scheduled(self, state: ZoneState, now: Micros) -> Step[ZoneState]:
        """By calendars that are new here, or by none any more, or after a clock that was ahead has
        been put right: what was disarmed before does not stay so. What somebody has ordered stays
        until they act."""
        mode, acts = self.schedule.mode_at(now), self.schedule.acts
        state = replace(state, schedule=self.schedule.mark, scheduled_to=now if acts else None)
        if state.mode_ends is not None:
            return Step(replace(state, resumes=mode))
        return Step(state) if state.by_person else self._turned(state, mode, now)

    def _by_schedule(self, state: ZoneState, due: Micros) -> Step[ZoneState]:
        """What somebody has ordered until a certain time lasts until then."""
        state = replace(state, scheduled_to=due)
        mode = self.schedule.mode_at(due)
        if mode is self.schedule.mode_at(due - 1):
            return Step(state)
        if state.mode_ends is not None:
            return Step(replace(state, resumes=mode))
        return self._turned(state, mode, due)

    def _phase_ended(self, state: ZoneState, due: Micros) -> Step[ZoneState]:
        state = replace(state, phase_ends=None)
        if state.phase not in LASTING:
            return self._entered(state, OVER[state.phase], due)
        return self._settled(state)

    # --- what it says --------------------------------------------------------------------------

    @property
    def _rest(self) -> Micros:
        return 0 if self.settings.swinger is None else self.settings.swinger.within

    def _trip(self, point: str, led_to: str, late: bool) -> Event:
        told = {"line": point, "led-to": led_to, "cameras": [*self.cameras], "late": late}
        return Event(f"{self.id}/trip", told)
