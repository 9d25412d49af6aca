"""A fire under whatever its inputs, its doors, time and restarts do to it (Hypothesis)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.access.fire import HOLDS_SHUT
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from tests.gateway.access.test_fire import RELEASE, Estate

INPUTS = ("panel/fire", "kitchen/fire")
DOUBT = [
    ("normal", Quality.STALE),
    ("unknown", Quality.GOOD),
    (None, Quality.BAD),
    (None, Quality.OFFLINE),
]


class Burning(RuleBasedStateMachine):
    """`burning`: the inputs that said alarm and have not said normal, for certain, since."""

    def __init__(self) -> None:
        super().__init__()
        self.estate = Estate(*INPUTS)
        self.burning: set[str] = set()
        self.asked = 0

    @rule(point=st.sampled_from(INPUTS))
    def burns(self, point: str) -> None:
        begins, fails = not self.burning, self.estate.says("release") == "incomplete"
        self.burning.add(point)
        self.estate.tell(point, "alarm")
        anew = {device for device, _ in self.estate.wishes[self.asked :]}
        shut = set(self.estate.named()[-1]) if fails else set()
        assert anew == ({device for device, _ in RELEASE} if begins else shut)
        self.asked += len(anew)

    @rule(point=st.sampled_from(INPUTS))
    def is_reset_at_the_panel(self, point: str) -> None:
        self.burning.discard(point)
        self.estate.tell(point, "normal")

    @rule(point=st.sampled_from(INPUTS), told=st.sampled_from(DOUBT))
    def is_in_doubt(self, point: str, told: tuple[str | None, Quality]) -> None:
        self.estate.tell(point, *told)

    @rule(
        point=st.sampled_from(["hall/lock", "yard/lock", "gate/position", "hall/contact"]),
        word=st.sampled_from(["locked", "unlocked", "open", "closed", "unknown"]),
    )
    def a_door_moves(self, point: str, word: str) -> None:
        self.estate.tell(point, word)

    @rule(span=st.sampled_from([SECOND, 10 * SECOND, MINUTE]), away=st.booleans())
    def time_passes(self, span: Micros, away: bool) -> None:
        if away:
            self.estate.restart()
        (self.estate.jump if away else self.estate.wait)(span)

    @invariant()
    def it_burns_until_every_panel_has_said_that_it_does_not(self) -> None:
        assert self.estate.says("fire") == ("alarm" if self.burning else "normal")
        refused = {self.estate.refuses("hall", action) for action in HOLDS_SHUT}
        assert refused == ({"fire"} if self.burning else {None})

    @invariant()
    def nothing_is_asked_for_but_when_a_panel_says_that_it_burns(self) -> None:
        assert len(self.estate.wishes) == self.asked
        assert {action for _, action in self.estate.wishes} <= {Action.LOCK_OPEN, Action.OPEN}

    @invariant()
    def nobody_is_shut_in_unnamed(self) -> None:
        if self.estate.says("release") == "incomplete":
            assert self.estate.named()[-1] != []


TestBurning = Burning.TestCase
TestBurning.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
