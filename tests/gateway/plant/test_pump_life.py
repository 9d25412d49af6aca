"""Whatever a pump, its tank, people and time do, in any order, with restarts in between."""

from datetime import time

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.plant_model import PumpSettings
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.plant.pumps import PERIOD, START, STOP, PumpStory

LOW = 0.4
MOST = 3
HOURLY = Calendar({d: tuple(Hours(time(h), time(h, 30)) for h in range(24)) for d in range(7)})
"""On for half of every hour."""
SPANS = st.sampled_from([0, SECOND, PERIOD, 2 * PERIOD, MINUTE, 10 * MINUTE, HOUR])


class Life(RuleBasedStateMachine):
    """What the machine does, against the plainest account of what it was told."""

    @initialize(fire=st.booleans(), hours=st.booleans())
    def begin(self, fire: bool, hours: bool) -> None:
        self.fire = fire
        chosen = PumpSettings(
            draws_from="pit",
            low_level=LOW,
            most_starts=MOST,
            fire=fire,
            runs_during="hourly" if hours and not fire else None,
        )
        self.story = PumpStory(chosen, calendars={"hourly": HOURLY})
        self.level: tuple[float | None, Micros] = (None, 0)
        self.run: str | None = None
        self.starts: list[Micros] = []
        self.hours = 0.0
        self.until: Micros | None = None

    @rule(word=st.sampled_from(["running", "stopped", "unknown"]), quality=st.sampled_from(Quality))
    def it_says(self, word: str, quality: Quality) -> None:
        before = len(self.story.wishes)
        self.story.is_(word, quality)
        certain = quality is Quality.GOOD and word != "unknown"
        if certain:
            if (self.run, word) == ("stopped", "running"):
                self.starts.append(self.story.now)
            self.run = word
        else:
            assert len(self.story.wishes) == before, "asked upon what is not certain"
        if START in self.story.wishes[before:]:
            assert self.is_wet()
            assert len(self.in_an_hour()) < MOST

    @rule(level=st.sampled_from([0.0, 0.39, 0.5, 2.0]), quality=st.sampled_from(Quality))
    def its_tank_says(self, level: float, quality: Quality) -> None:
        self.level = (level if quality is Quality.GOOD else None, self.story.now)
        self.quietly(lambda: self.story.tell("pit/level", level, quality))

    @rule(word=st.sampled_from(["ok", "fault"]))
    def it_has_a_fault_or_none(self, word: str) -> None:
        self.quietly(lambda: self.story.has("fault", word))

    @rule(
        action=st.sampled_from([Action.START, Action.STOP]),
        until=st.sampled_from([None, MINUTE, HOUR]),
        withdrawn=st.booleans(),
    )
    def somebody_orders(self, action: Action, until: Micros | None, withdrawn: bool) -> None:
        ends = {} if until is None else {"until": self.story.now + until}
        self.quietly(lambda: self.story.order(action, who="li", **ends))
        if withdrawn:
            self.quietly(lambda: self.story.order(action, who="li", withdrawn=True))

    @rule(span=SPANS, away=st.booleans())
    def time_passes(self, span: Micros, away: bool) -> None:
        self.quietly(lambda: (self.story.jump if away else self.story.wait)(span))

    @rule()
    def the_gateway_starts_again(self) -> None:
        self.quietly(self.story.restart)

    def quietly(self, happens: object) -> None:
        """Nothing of that asks for anything: only a fresh reading of the pump itself does."""
        before = len(self.story.wishes)
        assert callable(happens)
        happens()
        assert len(self.story.wishes) == before

    def is_wet(self) -> bool:
        level, at = self.level
        return level is not None and level >= LOW and self.story.now < at + 2 * PERIOD

    def in_an_hour(self) -> list[Micros]:
        return [at for at in self.starts if at + HOUR > self.story.now]

    @invariant()
    def it_is_never_started_dry_or_too_often(self) -> None:
        allowed = self.story.refuses("p1", Action.START) is None
        if allowed and not self.fire:
            assert self.is_wet()
            assert len(self.in_an_hour()) < MOST

    @invariant()
    def it_can_always_be_stopped_and_a_fire_pump_always_started(self) -> None:
        if self.fire:
            assert self.story.refuses("p1", Action.START) is None
            assert STOP not in self.story.wishes
        else:
            assert self.story.refuses("p1", Action.STOP) is None

    @invariant()
    def its_starts_are_counted_and_no_hour_is_lost(self) -> None:
        assert self.story.says("starts-per-hour") == len(self.in_an_hour())
        hours = self.story.says("run-hours")
        if isinstance(hours, float):
            assert hours >= self.hours
            self.hours = hours


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
