"""What must hold of a door whatever it says, in whatever order, restarted anywhere."""

from dataclasses import replace

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.access.door_opening import STANDS_OPEN, Phase
from gateway.access.engine import Engine
from gateway.model.clock import SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from tests.gateway.access.doors import TIMES, Story, door

DELAYS = st.sampled_from([0.0, 0.5, 2.0, 4.0, 6.0, 12.0, 40.0])
DOUBTS = st.sampled_from(
    [
        ("open", Quality.STALE),
        ("closed", Quality.STALE),
        (None, Quality.OFFLINE),
        (None, Quality.BAD),
        ("unknown", Quality.GOOD),
    ]
)
GRANTED = int(TIMES.release_time)


class DoorLife(RuleBasedStateMachine):
    """Against a model that knows only when somebody was let in and when the door was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(door()).says("contact", "closed").says("exit-request", "released")
        self.twin = door()
        self.may_open_until = 0
        self.free = False
        self.closed_at = 0
        self.unauthorised: list[tuple[int, int]] = []
        """When openings that nothing authorised were, and how many turns there had been."""
        self.opened_at = 0
        self.is_open = False

    @property
    def phase(self) -> Phase:
        phase: Phase = self.story.engine.states["door"].opening.phase
        return phase

    @rule(seconds=DELAYS)
    def time_passes(self, seconds: float) -> None:
        self.story.waits(seconds)

    @rule()
    def somebody_swipes(self) -> None:
        opening = self.story.engine.states["door"].opening
        if opening.unexplained:  # a grant of the same instant explains what is looked at
            self.unauthorised = [each for each in self.unauthorised if each[0] < self.story.now]
        self.story.swipes()
        self.may_open_until = self.story.now + GRANTED

    @precondition(lambda self: not self.free)
    @rule(result=st.sampled_from(["denied", "asked"]))
    def somebody_is_turned_away(self, result: str) -> None:
        self.story.swipes(result=result)

    @rule(unlocked=st.booleans())
    def the_desk_orders(self, unlocked: bool) -> None:
        if self.free and not unlocked:
            self.closed_at = 0
        self.free = unlocked
        self.story.orders(Action.UNLOCK if unlocked else Action.LOCK)

    @rule()
    def it_opens(self) -> None:
        now = self.story.now
        if not self.is_open:
            bounces = self.closed_at and now - self.closed_at <= TIMES.relock_time
            granted = now <= self.may_open_until
            if not (bounces or granted or self.free):
                self.unauthorised.append((now, len(self.story.turns)))
            self.opened_at, self.is_open = now, True
        self.story.contact("open")

    @rule()
    def it_closes(self) -> None:
        if self.is_open and self.phase in STANDS_OPEN - {Phase.FORCED, Phase.SETTLING}:
            self.closed_at = self.story.now
        self.is_open = False
        self.story.contact("closed")

    @rule(doubt=DOUBTS)
    def it_is_not_heard(self, doubt: tuple[str | None, Quality]) -> None:
        word, quality = doubt
        shown = self.story.shows("alarm")[0]
        self.story.says("contact", word, quality=quality)
        assert self.story.shows("alarm")[0] == shown  # doubt clears nothing, and finds nothing

    @rule()
    def the_gateway_restarts(self) -> None:
        """The states are written and read, and what is shown is the same."""
        engine = self.story.engine
        before = engine.shown()
        kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(engine.states["door"])))
        state = msgspec.convert(kept, type(self.twin.begin()))
        assert state == engine.states["door"]
        again = Engine(self.story.machines, {"door": state}, self.story.now, 0)
        assert again.shown() == before
        self.story.engine = again

    @invariant()
    def no_opening_without_a_grant_is_silent(self) -> None:
        """Told as forced within the settling time; looked at once that has passed."""
        for opened_at, turns in self.unauthorised:
            if self.story.now > opened_at + TIMES.settle_time:
                assert "alarm forced" in self._told_since(turns)
        settled = self.story.now - TIMES.settle_time
        self.unauthorised = [late for late in self.unauthorised if late[0] >= settled]

    @invariant()
    def what_stands_open_for_long_is_told(self) -> None:
        overdue = self.story.now > self.opened_at + TIMES.open_time + TIMES.settle_time
        if self.phase is Phase.OPEN and self.is_open and overdue and not self.free:
            due = self.story.engine.deadline
            assert due is not None
            assert due > self.story.now

    @invariant()
    def time_goes_forward_only(self) -> None:
        due = self.story.engine.deadline
        assert due is None or due > self.story.now - SECOND

    def _told_since(self, turns: int) -> list[str]:
        """An alarm that stood at that moment is told already."""
        back = max(0, turns - 1)
        return [
            f"{point.rpartition('/')[2]} {shown.value}"
            for turn in self.story.turns[back:]
            for point, shown in turn.machine.shown(turn.step.state).items()
        ]


TestDoorLife = DoorLife.TestCase
TestDoorLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_same_story_told_twice_gives_the_same() -> None:
    def told() -> list[str]:
        story = Story(door()).says("contact", "closed").swipes().contact("open").waits(100)
        return story.contact("closed").contact("open").waits(3).since()

    assert told() == told()


def test_a_state_of_an_older_version_can_be_read() -> None:
    """New fields have defaults."""
    machine = door()
    kept = msgspec.to_builtins(machine.begin())
    del kept["bolt"], kept["grants"]
    assert msgspec.convert(kept, type(machine.begin())) == replace(machine.begin())
