"""What a stretch of the journal changes in the ledger, in the order of its time.

A timer may be started by one turn and run out before the next: both stand in one transaction here,
so it makes no difference where the journal is cut into batches, or the gateway was restarted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.book import AlarmBook
from gateway.alarms.evaluation import Turn
from gateway.alarms.work import AlarmWork
from gateway.ledger import timers
from gateway.ledger.timers import RunOuts
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.ticket import Ticket

AT_ONCE: Final = 50
"""Timers that run out with one step; the others wait for the next, or a tick. When a thousand are
due at one instant, news of a fire stands behind a few of them only."""


@dataclass(frozen=True, slots=True)
class Step:
    """One reading: the journal's present when it came by, and the turns it led to."""

    now: Micros
    turns: tuple[Turn, ...]


def take_steps(
    connection: sa.Connection, book: AlarmBook, run_outs: RunOuts, steps: Sequence[Step]
) -> list[Alarm | Ticket]:
    """Write the turns' conditions and what they and the timers change; the changed records.

    At one instant news come before timers: a parent's alarm just in time still keeps its children
    quiet.
    """
    turns = [turn for step in steps for turn in step.turns]
    taking = _Taking(connection, book, run_outs, turns)
    for step in steps:
        taking.left = AT_ONCE
        for turn in step.turns:
            taking.let_run_out(turn.at - 1, turn.at)
            taking.turn(turn)
        taking.let_run_out(step.now, step.now)
    taking.work.write()
    newest = {turn.rule.id: turn.after for turn in turns}
    records.save_conditions(connection, newest.values())
    return taking.work.changed


class _Taking:
    def __init__(
        self,
        connection: sa.Connection,
        book: AlarmBook,
        run_outs: RunOuts,
        turns: Iterable[Turn],
    ) -> None:
        self.work = AlarmWork(connection)
        self.work.preload(book.concerned(turns))
        self._book = book
        self._run_outs = run_outs
        self._due = self.work.next_due()
        self._moved = False
        self.left = AT_ONCE

    def turn(self, turn: Turn) -> None:
        """Whatever it changes may start timers."""
        self._book.turn(self.work, turn)
        self._moved = True

    def let_run_out(self, until: Micros, now: Micros) -> None:
        """Those due until then, as of `now`."""
        if self._moved:
            self._due, self._moved = self.work.next_due(), False
        if self._due is None or self._due > until or not self.left:
            return
        self.work.write()
        taken = timers.take_due(self.work.connection, until, self.left)
        self.left -= len(taken)
        for timer in taken:
            for record in self._run_outs[timer.kind](self.work.connection, timer, now):
                self.work.tell(record)
        self.work.forget()
        self._due = self.work.next_due()
