"""A lamp under whatever its zones, people, its own word and restarts do to it (Hypothesis)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.access.output import AGAIN_AFTER
from gateway.model.clock import HOUR, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from tests.gateway.access.played import Played
from tests.gateway.access.test_output import machine


class Living(RuleBasedStateMachine):
    """`wanting`: the zones in breach."""

    def __init__(self) -> None:
        super().__init__()
        self.lamp = Played(machine("lamp"))
        self.wanting: set[str] = set()

    @rule(
        zone=st.sampled_from(["east", "west"]),
        word=st.sampled_from(["breach", "normal", "entry"]),
        ago=st.sampled_from([0, SECOND, HOUR]),
    )
    def a_zone_says(self, zone: str, word: str, ago: Micros) -> None:
        wishes, held = len(self.lamp.wishes), bool(self.wanting)
        self.wanting = self.wanting | {zone} if word == "breach" else self.wanting - {zone}
        self.lamp.tell(f"{zone}/alarm", word, taken_at=self.lamp.now - ago)
        if held and not self.wanting and ago < HOUR:
            assert self.lamp.wishes[wishes:] == [("lamp", Action.SWITCH_OFF)]

    @rule(
        word=st.sampled_from(["on", "off", "unknown"]),
        quality=st.sampled_from(Quality),
        ago=st.sampled_from([0, HOUR]),
    )
    def it_says(self, word: str, quality: Quality, ago: Micros) -> None:
        wishes = len(self.lamp.wishes)
        self.lamp.tell("lamp/state", word, quality, self.lamp.now - ago)
        news = quality is Quality.GOOD and not ago
        assert news or len(self.lamp.wishes) == wishes
        if news and word != "unknown" and (word == "on") is bool(self.wanting):
            assert len(self.lamp.wishes) == wishes, "it is as it should be"

    @rule(action=st.sampled_from([Action.SWITCH_ON, Action.SWITCH_OFF]))
    def somebody_switches_it(self, action: Action) -> None:
        self.lamp.order(action, who="li")
        assert self.lamp.says("switching") == "as-wanted"

    @rule(span=st.sampled_from([SECOND, AGAIN_AFTER, HOUR]))
    def time_passes(self, span: Micros) -> None:
        wishes = len(self.lamp.wishes)
        self.lamp.wait(span)
        assert len(self.lamp.wishes) == wishes, "time alone asks for nothing"

    @rule()
    def the_gateway_is_restarted(self) -> None:
        self.lamp.restart()

    @invariant()
    def it_is_never_switched_off_while_a_zone_wants_it(self) -> None:
        wished = [action for _, action in self.lamp.wishes]
        self.lamp.wishes.clear()
        assert Action.SWITCH_OFF not in wished or not self.wanting
        assert Action.SWITCH_ON not in wished or self.wanting


TestLiving = Living.TestCase
TestLiving.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
