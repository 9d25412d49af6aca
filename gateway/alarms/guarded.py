"""Timers that fail take nothing else with them.

What a timer does is undone then, and it is tried again later: one that can never succeed (a fault
of ours, a record gone from the ledger) would stop every alarm of the estate otherwise.
"""

import logging
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gateway.ledger import timers
from gateway.ledger.ledger import is_fault_of_ours
from gateway.ledger.timers import RunOut, RunOuts, Timer, TimerKind
from gateway.model.alarm import Alarm
from gateway.model.clock import MINUTE, Micros
from gateway.model.ticket import Ticket

logger = logging.getLogger(__name__)

AGAIN_AFTER: Micros = MINUTE


class Guarded:
    """`run_outs` are those given, each in a transaction of its own within the one it is called in.
    A database that is gone is not theirs to bear: that comes through."""

    def __init__(self, run_outs: RunOuts) -> None:
        self.run_outs: RunOuts = {kind: self._guarded(each) for kind, each in run_outs.items()}
        self._failing: dict[tuple[TimerKind, str], str] = {}

    @property
    def fault(self) -> str | None:
        """What fails now, for the health of the gateway; None while nothing does."""
        failing = dict(self._failing)
        told = (f"timer {kind} {subject} fails: {why}" for (kind, subject), why in failing.items())
        return "; ".join(told) or None

    def forget_stopped(self, connection: sa.Connection) -> None:
        """Those that somebody has stopped meanwhile fail no more."""
        if self._failing:
            standing = timers.standing(connection)
            for key in self._failing.keys() - standing:
                del self._failing[key]

    def _guarded(self, run_out: RunOut) -> RunOut:
        def guarded(
            connection: sa.Connection, timer: Timer, now: Micros
        ) -> Sequence[Alarm | Ticket]:
            try:
                with connection.begin_nested():
                    changed = run_out(connection, timer, now)
            except Exception as error:
                if isinstance(error, DBAPIError) and not is_fault_of_ours(error):
                    raise
                self._note(timer, error)
                timers.start(connection, Timer(timer.kind, timer.subject, now + AGAIN_AFTER))
                return ()
            self._failing.pop((timer.kind, timer.subject), None)
            return changed

        return guarded

    def _note(self, timer: Timer, error: Exception) -> None:
        key = (timer.kind, timer.subject)
        if key not in self._failing:
            logger.critical("timer %s %s fails, and is tried again", *key, exc_info=error)
        self._failing[key] = str(error) or type(error).__name__
