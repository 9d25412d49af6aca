"""Whatever pumps, their level, people and time do, in any order, with restarts in between."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.plant_model import Rotation
from tests.gateway.plant.pumps import PERIOD
from tests.gateway.plant.test_pump_group import BOTH, Group

PUMPS = ("p1", "p2", "p3")
SPANS = st.sampled_from([0, SECOND, PERIOD, 2 * PERIOD, MINUTE, HOUR])


class Life(RuleBasedStateMachine):
    """What the group asks for, against what its pumps were last known to do."""

    @initialize(rotation=st.sampled_from(Rotation), most=st.sampled_from([1, 2]))
    def begin(self, rotation: Rotation, most: int) -> None:
        self.most = most
        self.group = Group(replace(BOTH, pumps=PUMPS, rotation=rotation, most=most))
        self.runs: dict[str, tuple[str, Micros]] = {}
        self.may: dict[str, str] = {}
        self.asked: dict[str, Micros] = {}

    @rule(
        pump=st.sampled_from(PUMPS),
        word=st.sampled_from(["running", "stopped"]),
        quality=st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.OFFLINE]),
    )
    def a_pump_says(self, pump: str, word: str, quality: Quality) -> None:
        self.quietly(lambda: self.group.tell(f"{pump}/run", word, quality))
        self.runs.pop(pump, None)
        if quality is Quality.GOOD:
            self.runs[pump] = (word, self.group.now)

    @rule(pump=st.sampled_from(PUMPS), word=st.sampled_from(["none", "pump-fault", "source-low"]))
    def a_pump_may_start_or_not(self, pump: str, word: str) -> None:
        self.may[pump] = word
        self.quietly(lambda: self.group.tell(f"{pump}/interlock", word))

    @rule(level=st.sampled_from([0.3, 1.0, 1.6, 1.9]), quality=st.sampled_from(Quality))
    def the_level_is(self, level: float, quality: Quality) -> None:
        before = len(self.group.wishes)
        may_be_running = [pump for pump in PUMPS if not self.stands(pump)]
        self.group.tell("pit/level", level, quality)
        wishes = self.group.wishes[before:]
        starts = [pump for pump, action in wishes if action is Action.START]
        if quality is not Quality.GOOD or self.group.says("mode") == "manual":
            assert wishes == []
        assert len(starts) <= 1
        for pump in starts:
            assert self.stands(pump)
            assert self.may.get(pump) == "none"
            assert len(may_be_running) < self.most
            assert level > BOTH.stop
            self.asked[pump] = self.group.now
        for _, action in wishes:
            assert action is Action.START or level <= BOTH.stop

    @rule(action=st.sampled_from([Action.MANUAL, Action.AUTOMATIC]))
    def somebody_orders(self, action: Action) -> None:
        self.quietly(lambda: self.group.order(action, who="li"))

    @rule(span=SPANS, away=st.booleans())
    def time_passes(self, span: Micros, away: bool) -> None:
        self.quietly(lambda: (self.group.jump if away else self.group.wait)(span))

    @rule()
    def the_gateway_starts_again(self) -> None:
        self.quietly(self.group.restart)

    def quietly(self, happens: object) -> None:
        before = len(self.group.wishes)
        assert callable(happens)
        happens()
        assert len(self.group.wishes) == before

    def stands(self, pump: str) -> bool:
        """Whether that is known, and it was not just told to start."""
        word, at = self.runs.get(pump, ("", 0))
        just_asked = self.group.now < self.asked.get(pump, -HOUR) + BOTH.starts_within
        told_since = at >= self.asked.get(pump, -HOUR) and word == "running"
        return word == "stopped" and (told_since or not just_asked)

    @invariant()
    def somebody_leads_and_nobody_is_forgotten(self) -> None:
        assert sorted(self.group.state.order) == sorted(PUMPS)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
