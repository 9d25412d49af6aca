"""An area under whatever people, doors, fires, time and restarts do to it (Hypothesis)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.access.roll import digest
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from tests.gateway.access.areas import Court

PEOPLE_NAMED = ("li", "wang", "zhao")
PEOPLE = st.sampled_from(PEOPLE_NAMED)
DOORS = st.sampled_from(["gate", "garden"])


class Living(RuleBasedStateMachine):
    """`entered`: those who went in, and have not been seen to leave since; `refusable` those of
    whom no fire has made that doubtful. `twin` is never restarted."""

    def __init__(self) -> None:
        super().__init__()
        self.court, self.twin = Court(), Court()
        self.entered: set[str] = set()
        self.refusable: set[str] = set()
        self.burning = False

    def both(self, name: str, *args: object, **more: object) -> None:
        for court in (self.court, self.twin):
            getattr(court, name)(*args, **more)

    @rule(who=PEOPLE, door=DOORS, result=st.sampled_from(["asked", "granted"]))
    def shows_a_card_inside(self, who: str, door: str, result: str) -> None:
        self.both("wait", 2 * SECOND)
        wishes = len(self.court.wishes)
        self.both("tap", who, enters=False, door=door, result=result)
        opened = self.court.wishes[wishes:]
        assert opened == ([(door, Action.OPEN)] if result == "asked" else []), "kept in"

    @rule(who=PEOPLE, door=DOORS)
    def asks_to_come_in(self, who: str, door: str) -> None:
        self.both("wait", 2 * SECOND)
        wishes, events = len(self.court.wishes), len(self.court.events)
        self.both("tap", who, enters=True, door=door)
        opened = self.court.wishes[wishes:]
        refused = [event.value["result"] for event in self.court.events[events:]]
        assert (opened, refused) in (([(door, Action.OPEN)], []), ([], ["denied"]))
        if refused:
            assert who in self.refusable
            assert not self.burning

    @rule(who=PEOPLE, door=DOORS, enters=st.booleans(), ago=st.sampled_from([0, SECOND, HOUR]))
    def goes_through(self, who: str, door: str, enters: bool, ago: Micros) -> None:
        taken_at = self.court.now - ago
        self.both("passes", who, enters=enters, door=door, taken_at=taken_at)
        if enters and ago < HOUR:
            self.entered.add(who)
            self.refusable.add(who)
        elif not enters and ago < HOUR:
            self.entered.discard(who)
            self.refusable.discard(who)

    @rule(who=PEOPLE, door=DOORS, enters=st.booleans())
    def does_not_go_through(self, who: str, door: str, enters: bool) -> None:
        self.both("passes", who, enters=enters, door=door, result="not-taken")

    @rule(word=st.sampled_from(["alarm", "normal", "unknown"]))
    def a_fire_signal(self, word: str) -> None:
        self.both("tell", "fire/fire", word)
        self.both("wait", SECOND)
        if self.burning or word == "alarm":
            self.refusable.clear()
        self.burning = word == "alarm" or (self.burning and word != "normal")

    @rule(who=PEOPLE, everybody=st.booleans())
    def somebody_is_forgiven(self, who: str, everybody: bool) -> None:
        action = Action.FORGIVE_ALL if everybody else Action.FORGIVE
        self.both("order", action, person=digest(who), reason="seen outside")
        gone = {*PEOPLE_NAMED} if everybody else {who}
        self.entered -= gone
        self.refusable -= gone
        assert not self.court.on_roll() & gone

    @rule(span=st.sampled_from([SECOND, MINUTE, 5 * HOUR]), away=st.booleans())
    def time_passes(self, span: Micros, away: bool) -> None:
        self.both("jump" if away else "wait", span)

    @rule()
    def the_gateway_is_restarted(self) -> None:
        self.court.restart()

    @invariant()
    def a_restart_changes_nothing(self) -> None:
        assert self.court.state == self.twin.state
        assert self.court.events == self.twin.events
        assert self.court.wishes == self.twin.wishes

    @invariant()
    def nobody_is_inside_who_did_not_enter(self) -> None:
        assert self.court.on_roll() <= self.entered
        assert self.court.says("inside") == len(self.court.on_roll())

    @invariant()
    def people_order_what_they_like(self) -> None:
        assert {self.court.refuses("gate", action) for action in Action} == {None}


TestLiving = Living.TestCase
TestLiving.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
