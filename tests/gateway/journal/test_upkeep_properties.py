"""Upkeep against a plain list that forgets nothing."""

import sqlite3
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.journal import marks, newest, rows, upkeep
from gateway.journal.upkeep import Asked, Tidied
from gateway.model.reading import Quality, Reading

POINTS = ("tank/level", "door/contact", "camera/crossing")
VALUES = st.floats(-5, 5) | st.sampled_from(["open", "closed", None]) | st.just({"line": "wall"})
ROOM = 2**62


@dataclass
class Model:
    """All that was ever appended, and the places of what is still there."""

    appended: list[Reading] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    shipped: int = 0

    def newest(self, until: int) -> dict[str, Reading]:
        return {reading.point: reading for reading in self.appended[:until]}

    def is_telemetry(self, seq: int) -> bool:
        return isinstance(self.appended[seq - 1].value, float)


class Upkeep(RuleBasedStateMachine):
    """Slices of three places, so that a few readings make many."""

    def __init__(self) -> None:
        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        rows.create(self.db)
        self.model = Model()
        self.slice, upkeep.SLICE = upkeep.SLICE, 3

    def teardown(self) -> None:
        upkeep.SLICE = self.slice
        self.db.close()

    @rule(
        told=st.lists(
            st.tuples(st.sampled_from(POINTS), VALUES, st.integers(-50, 50)), min_size=1, max_size=9
        )
    )
    def append(self, told: list[tuple[str, float | str | None, int]]) -> None:
        """Received at any time: the clock jumps."""
        first = len(self.model.appended) + 1
        readings = [
            Reading(point, value, at, at, Quality.GOOD, seq)
            for seq, (point, value, at) in enumerate(told, first)
        ]
        rows.insert(self.db, first, [rows.pack(reading) for reading in readings])
        self.model.appended += readings
        self.model.held |= {reading.seq or 0 for reading in readings}

    @rule(share=st.floats(0, 1))
    def read_on(self, share: float) -> None:
        """Followers only go forwards."""
        last = len(self.model.appended)
        self.model.shipped += round((last - self.model.shipped) * share)

    @rule(older_than=st.integers(-60, 60))
    def tidy_by_age(self, older_than: int) -> None:
        gone, tidied = self._tidy(older_than, ROOM)
        assert tidied == Tidied(shipped=len(gone))
        for seq in gone:
            assert seq <= self.model.shipped
            assert self.model.appended[seq - 1].received_at < older_than

    @rule(slices=st.integers(1, 6))
    def tidy_for_room(self, slices: int) -> None:
        before = set(self.model.held)
        gone, tidied = self._tidy(-100, 0, slices)
        unshipped = {seq for seq in gone if seq > self.model.shipped}
        telemetry = {seq for seq in unshipped if self.model.is_telemetry(seq)}
        assert tidied.shipped == len(gone) - len(unshipped)
        assert tidied.telemetry == len(telemetry)
        assert tidied.evidence == len(unshipped) - len(telemetry)
        left = before - gone
        if unshipped:
            assert all(seq > self.model.shipped for seq in left)
        if tidied.evidence:
            assert not any(self.model.is_telemetry(seq) for seq in left)
        # Of each sort the oldest first.
        for sort in (telemetry, unshipped - telemetry):
            younger = {s for s in left if self.model.is_telemetry(s) == (sort is telemetry)}
            assert not sort or not younger or max(sort) < min(younger)

    @invariant()
    def the_newest_of_each_point_is_known_from_the_mark_on(self) -> None:
        last = len(self.model.appended)
        for until in range(marks.get(self.db, marks.Mark.NEWEST), last + 1):
            found = {reading.point: reading for reading in newest.latest(self.db, until)}
            known = self.model.newest(until)
            assert found == known or until < last
            for point, reading in known.items():
                if reading.seq in self.model.held:
                    assert found[point] == reading

    def _tidy(self, older_than: int, size: int, slices: int = 1000) -> tuple[set[int], Tidied]:
        asked = Asked(self.model.shipped, self.model.shipped, older_than, size)
        done = Tidied()
        for _ in range(slices):
            with self.db:
                self.db.execute("BEGIN")
                one = upkeep.tidy_slice(self.db, asked)
            if one is None:
                break
            done += one
        held = {seq for (seq,) in self.db.execute("SELECT seq FROM reading")}
        gone, self.model.held = self.model.held - held, held
        return gone, done


TestUpkeep = Upkeep.TestCase
TestUpkeep.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
