"""Whatever people try, and however long the gateway pauses, hand-overs stay whole."""

from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.pool import StaticPool

from gateway.desk import handover
from gateway.desk.handover import HandoverBook
from gateway.desk.notices import Outbox
from gateway.errors import Refused
from gateway.ledger import timers
from gateway.ledger.tables import desk, metadata
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE
from gateway.model.handover import Handover
from gateway.security import users
from gateway.security.roles import Role
from tests.gateway.desk.duty_desk import PEOPLE, at
from tests.gateway.samples import site

USERS = st.sampled_from(PEOPLE)
SITE = site(Path("unused"))


class Desk(RuleBasedStateMachine):
    """People sign at random over a ledger in memory; timers run out late or in time."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = sa.create_engine("sqlite://", poolclass=StaticPool)
        metadata.create_all(self.engine)
        self.book = HandoverBook(SITE, Outbox())
        self.now = at("2026-01-05T10:00")
        with self.engine.begin() as connection:
            for name in PEOPLE:
                users.insert(connection, name, Role.OPERATOR, None, self.now)
            self.book.begin(connection, self.now)

    def teardown(self) -> None:
        self.engine.dispose()

    @rule(passed=st.sampled_from([1, 10 * MINUTE, 8 * HOUR, 25 * HOUR]))
    def time_passes(self, passed: int) -> None:
        self.now += passed

    @rule(minutes=st.sampled_from([-31, -30, -1, 0, 14, 15, 16]))
    def it_is_about_the_end_of_the_shift(self, minutes: int) -> None:
        with self.engine.begin() as connection:
            end = handover.current(connection).due_at
        self.now = max(self.now, end + minutes * MINUTE)

    @rule()
    def timers_run_out(self) -> None:
        with self.engine.begin() as connection:
            while due := timers.take_due(connection, self.now):
                for timer in due:
                    self.book.run_out(connection, timer, self.now)

    @rule(user=USERS, team=st.sampled_from(["a", "b", "c", None]))
    def the_roster_changes(self, user: str, team: str | None) -> None:
        with self.engine.begin() as connection:
            values = {"user": user, "team": team, "since": self.now}
            values |= {"set_by": "lin", "set_at": self.now}
            connection.execute(desk.roster.insert().values(values))

    @rule(user=USERS, skipped=st.integers(0, 1))
    def somebody_leaves(self, user: str, skipped: int) -> None:
        self._sign(self.book.leave, user, skipped)

    @rule(user=USERS, skipped=st.integers(0, 1))
    def somebody_takes_over(self, user: str, skipped: int) -> None:
        self._sign(self.book.take, user, skipped)

    def _sign(self, sign: object, user: str, skipped: int) -> None:
        try:
            with self.engine.begin() as connection:
                number = handover.current(connection).id + skipped
                sign(connection, number, Actor(user), self.now)  # type: ignore[operator]
        except Refused:
            pass

    def _all(self) -> list[Handover]:
        with self.engine.begin() as connection:
            return handover.list_handovers(connection, 1000)[::-1]

    @invariant()
    def each_shift_has_one_and_they_follow_one_another(self) -> None:
        handovers = self._all()
        assert [h.id for h in handovers] == list(range(1, len(handovers) + 1))
        for earlier, later in pairwise(handovers):
            assert earlier.due_at == later.begun_at

    @invariant()
    def nobody_is_released_unsigned_nor_by_themselves(self) -> None:
        for h in self._all():
            if h.taken_at is not None:
                assert h.left_at is not None
                assert h.left_at <= h.taken_at
                assert h.left_by != h.taken_by
            assert (h.left_at is None) == (h.sheet is None)

    @invariant()
    def they_are_signed_in_the_order_of_the_shifts(self) -> None:
        signed = [(h.left_at is not None) + (h.taken_at is not None) for h in self._all()]
        assert signed == sorted(signed, reverse=True)
        assert signed.count(1) <= 1
        assert signed[-1] == 0, "the next shift's is there before this one's is signed"

    @invariant()
    def late_are_those_that_were_not_signed_in_time(self) -> None:
        for h in self._all():
            limit = h.due_at + 15 * MINUTE
            assert h.late_at in (None, limit)
            if h.taken_at is not None:
                assert (h.late_at is not None) == (h.taken_at >= limit)


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=60, stateful_step_count=40)
