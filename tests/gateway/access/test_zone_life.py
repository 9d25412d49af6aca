"""A zone under whatever lines, people, time and restarts do to it (Hypothesis)."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.access.zone_lines import Lines
from gateway.access.zone_state import ZoneState
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.held_model import Swinger
from tests.gateway.access.zones import SETTINGS, Wall

NAMES = st.sampled_from(["north", "south", "gate", "panic"])
SPANS = st.sampled_from([SECOND, 20 * SECOND, MINUTE, 7 * MINUTE, HOUR, 5 * HOUR])
TOLD = ("entry", "unconfirmed", "breach")
OFTEN = settings(max_examples=60, stateful_step_count=40, deadline=None)


class Life(RuleBasedStateMachine):
    """The test keeps its own books of what was ordered, and until when."""

    swinger: Swinger | None = None

    def __init__(self) -> None:
        super().__init__()
        self.wall = Wall(replace(SETTINGS, swinger=self.swinger))
        self.mode = self.mode_before = "armed"
        self.mode_ends: Micros | None = None
        self.bypassed: dict[str, Micros] = {}

    @property
    def now(self) -> Micros:
        return self.wall.now

    @rule(name=NAMES)
    def trips(self, name: str) -> None:
        """The one promise: what is watched, heard and not let through is told."""
        line = f"{name}/line"
        before: ZoneState = self.wall.state
        fresh = not (line in before.known and before.known[line].alarmed)
        watched = name == "panic" or (
            line not in self.bypassed
            and (self.mode == "armed" or (self.mode == "part-armed" and name != "south"))
        )
        leaving = name == "gate" and before.phase == "exit"
        limited = line in before.limited
        self.wall.trip(name)
        if fresh and watched and not leaving and not limited:
            assert self.wall.says("alarm") in TOLD
        if fresh and watched and limited:
            assert self.wall.says("swinger") == "limited"

    @rule(name=NAMES)
    def rests(self, name: str) -> None:
        self.wall.rest(name)

    @rule(name=NAMES, quality=st.sampled_from([Quality.STALE, Quality.BAD, Quality.OFFLINE]))
    def falls_silent(self, name: str, quality: Quality) -> None:
        before = self.wall.says("alarm")
        self.wall.tell(f"{name}/line", None if quality is not Quality.STALE else "normal", quality)
        assert self.wall.says("alarm") == before

    @rule(name=NAMES)
    def is_tampered_with(self, name: str) -> None:
        self.wall.tell(f"{name}/tamper", "tampered")
        assert self.wall.says("supervision") == "tampered"
        self.wall.tell(f"{name}/tamper", "ok")

    @rule(span=st.none() | SPANS)
    def somebody_disarms(self, span: Micros | None) -> None:
        self._order(Action.DISARM, "disarmed", span)

    @rule(span=SPANS)
    def somebody_walks(self, span: Micros) -> None:
        self._order(Action.WALK_TEST, "walk-test", span)

    @rule(action=st.sampled_from([Action.ARM, Action.PART_ARM]))
    def somebody_arms(self, action: Action) -> None:
        if self.wall.refuses("wall", action) is None:
            self._order(action, "armed" if action is Action.ARM else "part-armed", None)

    def _order(self, action: Action, mode: str, span: Micros | None) -> None:
        ends = None if span is None else self.now + span
        if mode == self.mode:
            self.mode_before = "armed"
        elif self.mode_ends is None:
            self.mode_before = self.mode
        self.mode, self.mode_ends = mode, ends
        more: dict[str, Any] = {} if ends is None else {"until": ends}
        self.wall.order(action, **more)

    @rule(span=SPANS, name=st.sampled_from(["north", "south", "gate", "panic"]))
    def somebody_bypasses(self, span: Micros, name: str) -> None:
        self.wall.order(Action.BYPASS, until=self.now + span, lines=[name])
        if name != "panic":
            self.bypassed[f"{name}/line"] = self.now + span

    @rule()
    @precondition(lambda self: self.bypassed)
    def somebody_ends_the_bypass(self) -> None:
        self.wall.order(Action.END_BYPASS)
        self.bypassed.clear()

    @rule(span=SPANS, away=st.booleans())
    def time_passes(self, span: Micros, away: bool) -> None:
        """Here, or while the gateway is away."""
        if away:
            self.wall.restart()
        (self.wall.jump if away else self.wall.wait)(span)
        if self.mode_ends is not None and self.mode_ends <= self.now:
            self.mode, self.mode_ends = self.mode_before, None
        self.bypassed = {line: at for line, at in self.bypassed.items() if at > self.now}

    @rule()
    def is_restarted(self) -> None:
        self.wall.restart()

    @invariant()
    def what_was_ordered_holds_exactly_so_long(self) -> None:
        assert self.wall.says("mode") == self.mode
        assert self.wall.says("bypass") == ("bypassed" if self.bypassed else "active")

    @invariant()
    def a_watched_line_in_alarm_is_never_silent(self) -> None:
        state: ZoneState = self.wall.state
        lines: Lines = self.wall.machine.lines  # type: ignore[attr-defined]
        standing = lines.alarmed(state) - lines.unwatched(state) - set(state.limited)
        if standing and state.phase != "exit":
            assert self.wall.says("alarm") != "normal"


class LifeWithSwingers(Life):
    swinger = Swinger(2, HOUR)


TestLife = Life.TestCase
TestLife.settings = OFTEN
TestLifeWithSwingers = LifeWithSwingers.TestCase
TestLifeWithSwingers.settings = OFTEN
