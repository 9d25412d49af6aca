"""Whatever a barrier, its loops, cameras, people and time do, in any order, doubled or lost."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.access.barrier import BUFFERED
from gateway.access.barrier_state import MOVES, Barrier, Position
from gateway.access.plates import PassKind
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Value
from gateway.site.access_model import BarrierSettings
from tests.gateway.access.gate import PERIOD, Gate, a_pass

LOOPS = ("entry_loop", "safety_loop")
PASSES = (a_pass("A123"), a_pass("BAD1", id=2, kind=PassKind.BLOCKED))
SPANS = st.sampled_from([0, 1, SECOND, 5 * SECOND, 16 * SECOND, PERIOD - 1, PERIOD, HOUR])
ACTIONS = ("open", "close", "lock-open", "end-lock-open", "block", "unlock", "dance")


class Life(RuleBasedStateMachine):
    """What the machine does, against the plainest account of the same."""

    @initialize(closes_itself=st.booleans())
    def begin(self, closes_itself: bool) -> None:
        self.chosen = BarrierSettings(closes_itself=closes_itself)
        self.gate = Gate(*PASSES, settings=self.chosen)
        self.heard: list[tuple[Micros, str, Value, Quality, Micros]] = []
        self.free_until = dict.fromkeys(LOOPS, 0)
        self.on_loop = False
        self.last = self.trusted = Position.UNKNOWN
        self.since = self.passed = self.met = 0
        self.asked_at: Micros | None = None

    def hear(
        self, point: str, value: Value, quality: Quality = Quality.GOOD, lag: Micros = 0
    ) -> None:
        taken_at = self.gate.now - lag
        self.heard.append((self.gate.now, point, value, quality, taken_at))
        self.gate.hears(point, value, quality, taken_at)

    @rule(word=st.sampled_from([*Position, "ajar"]), quality=st.sampled_from(Quality))
    def boom_says(self, word: str, quality: Quality) -> None:
        known = quality is Quality.GOOD and word in MOVES and word != Position.UNKNOWN
        self.hear("position", word, quality)
        if known:
            self.moved(Position(word))
        if self.trusted != (word if known else "unknown"):
            self.since = self.gate.now
        self.trusted = Position(word) if known else Position.UNKNOWN

    def moved(self, to: Position) -> None:
        asked = self.asked_at is not None and self.asked_at >= self.since
        if self.last is Position.CLOSING and to in ("opening", "open", "obstructed"):
            self.met += not asked
            self.asked_at = None if asked else self.asked_at
        if self.last is Position.CLOSED and to is not Position.CLOSED:
            self.asked_at = None
        if to is Position.CLOSED and self.last not in (Position.CLOSED, Position.UNKNOWN):
            self.passed, self.on_loop = self.passed + self.on_loop, False
            self.asked_at = self.asked_at if asked else None
        self.last = to

    @rule(
        loop=st.sampled_from(LOOPS),
        word=st.sampled_from(["free", "occupied", "unknown", "fee"]),
        quality=st.sampled_from(Quality),
        lag=st.sampled_from([0, 0, SECOND, BUFFERED, BUFFERED + 1, HOUR]),
    )
    def loop_says(self, loop: str, word: str, quality: Quality, lag: Micros) -> None:
        self.hear(loop, word, quality, lag)
        good = quality is Quality.GOOD
        free = good and word == "free" and lag <= BUFFERED
        self.free_until[loop] = self.gate.now + PERIOD if free else 0
        if loop == "safety_loop" and good and word == "occupied":
            self.on_loop = True
        elif loop == "safety_loop" and good and word == "free" and self.on_loop:
            self.on_loop = False
            self.passed += self.gate.state.position is not Position.CLOSED

    @rule(
        plate=st.sampled_from(["A123", "A12B", "BAD1", "STRANGER"]),
        confidence=st.sampled_from([0.2, 0.99]),
        quality=st.sampled_from([Quality.GOOD, Quality.STALE]),
    )
    def camera_reads(self, plate: str, confidence: float, quality: Quality) -> None:
        wishes = len(self.gate.wishes)
        self.hear("plate", {"plate": plate, "confidence": confidence}, quality)
        if (plate, confidence, quality) != ("A123", 0.99, Quality.GOOD):
            assert len(self.gate.wishes) == wishes

    @rule(action=st.sampled_from(ACTIONS), until=st.sampled_from([None, MINUTE, -MINUTE]))
    def somebody_orders(self, action: str, until: Micros | None) -> None:
        order: dict[str, object] = {"action": action, "who": "li", "reason": "tried"}
        if until is not None:
            order["until"] = self.gate.now + until
        if action == "open":
            self.asked_at = self.gate.now
        self.hear("order", order)

    @rule(span=SPANS)
    def time_passes(self, span: Micros) -> None:
        wishes = len(self.gate.wishes)
        self.gate.passes(span)
        for wish in self.gate.wishes[wishes:]:
            assert wish.action is Action.CLOSE, "time alone opens nothing"
            assert not self.chosen.closes_itself

    @rule()
    def the_gateway_starts_again(self) -> None:
        kept = msgspec.json.encode(msgspec.to_builtins(self.gate.state))
        state = msgspec.convert(msgspec.json.decode(kept), Barrier)
        assert state == self.gate.state
        self.gate.state = state

    @invariant()
    def it_is_never_closed_over_what_is_not_known_to_be_free(self) -> None:
        if self.gate.machine.refusal(self.gate.state, "gate", Action.CLOSE) is None:
            assert all(self.gate.now < until for until in self.free_until.values())

    @invariant()
    def nothing_is_lost_of_what_is_counted(self) -> None:
        assert self.gate.shows("reopenings") == self.met
        taken = [told for told in self.gate.told("passage") if told["result"] == "taken"]
        assert len(taken) == self.passed

    @invariant()
    def its_deadline_lies_ahead(self) -> None:
        due = self.gate.machine.deadline(self.gate.state)
        assert due is None or due > self.gate.now - HOUR

    def teardown(self) -> None:
        """The same readings at the same instants give the same, whenever they are read again."""
        if not hasattr(self, "gate"):
            return
        again = Gate(*PASSES, settings=self.chosen)
        for at, point, value, quality, taken_at in self.heard:
            again.passes(at - again.now)
            again.hears(point, value, quality, taken_at)
        again.passes(self.gate.now - again.now)
        assert (again.state, again.events) == (self.gate.state, self.gate.events)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
