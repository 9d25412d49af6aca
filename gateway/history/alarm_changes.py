"""Carries every move of an alarm from the ledger into InfluxDB, for as long as the gateway runs.

Measurement `alarm`; tags site, area, device, rule, priority; fields `move`, `attention`, `active`,
`alarm`, `sequence`, `who`. Grafana's alarm figures (EEMUA 191, ISA-18.2) are asked of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import sqlalchemy as sa

from gateway.errors import GatehouseError
from gateway.history.influx.line_protocol import Origin, series, string
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms, progress
from gateway.model.alarm import Attention
from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND, Micros
from gateway.model.rule import Priority

logger = logging.getLogger(__name__)

MEASUREMENT: Final = "alarm"
FOLLOWER: Final = "influxdb-alarms"

BATCH = 1_000
LOOK_SECONDS = 1.0
"""The ledger is asked so often whether there is more."""

FIRST_WAIT: Micros = SECOND // 2
LONGEST_WAIT: Micros = 30 * SECOND

Sleep = Callable[[float], Awaitable[object]]


class Output(Protocol):
    """InfluxDB, as far as it is needed here."""

    async def write_lines(self, lines: Sequence[str]) -> None:
        """Store lines whose times are in nanoseconds. Doing it again changes nothing."""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """One move of an alarm. `id` counts all of them in the order of their commits."""

    id: int
    alarm: int
    sequence: int
    at: Micros
    move: str
    attention: Attention
    who: str
    rule: str
    device: str
    priority: Priority

    @property
    def active(self) -> bool:
        """Whether the alarm's condition holds after it, as far as the operator was told (ISA-18.2,
        alarm state diagram): not for one that is recorded while it is suppressed."""
        return self.attention in {Attention.UNACK, Attention.ACKED}


class AlarmChanges:
    """Follows the ledger. `cursor` says how far it is, `behind` how many changes are still to be
    written as far as it knows, `fault` why it waits, None while it does not.

    The cursor is kept in the ledger, whose changes it counts: both are lost, restored and begun
    anew together. After a crash between the two the last batch is written again, onto the same
    points.
    """

    def __init__(
        self,
        ledger: Ledger,
        output: Output,
        line: Callable[[AlarmChange], str],
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = FOLLOWER
        self.cursor = 0
        self.behind = 0
        self.fault: str | None = None
        self._ledger = ledger
        self._output = output
        self._line = line
        self._sleep = sleep

    async def run(self) -> None:
        """Until cancelled. Whatever goes wrong holds up these changes only, never the gateway: all
        from the cursor on stays in the ledger and is tried again."""
        backoff = Backoff(FIRST_WAIT, LONGEST_WAIT)
        while True:
            try:
                await self._write_more()
            except Exception as error:
                self._note_fault(error)
                await self._sleep(backoff.wait() / SECOND)
                continue
            if self.fault is not None:
                logger.warning("alarm changes go on")
                self.fault = None
                backoff.reset()
            if not self.behind:
                await self._sleep(LOOK_SECONDS)

    async def _write_more(self) -> None:
        changes, self.cursor, last = await self._ledger.transact(_after_cursor)
        self.behind = last - self.cursor
        if not changes:
            return
        await self._output.write_lines([self._line(change) for change in changes])
        seq = changes[-1].id
        await self._ledger.transact(lambda connection: _keep(connection, seq))
        self.cursor, self.behind = seq, last - seq

    def _note_fault(self, error: Exception) -> None:
        ours = isinstance(error, GatehouseError)
        fault = str(error) if ours else f"{type(error).__name__}: {error}"
        if self.fault is None:
            trace = None if ours else error
            logger.warning("alarm changes wait: %s", fault, exc_info=trace)
        self.fault = fault


def line_of(change: AlarmChange, site: str, devices: Mapping[str, Origin]) -> str:
    """The change in line protocol. `devices`: see line_protocol.origins; those the site no longer
    knows have no area.

    InfluxDB keeps one point per series and instant, and a rule may move its alarm twice in one
    microsecond: the change's id modulo 1,000 takes the digits below it.
    """
    origin = devices.get(change.device)
    tags = series(
        MEASUREMENT,
        area=None if origin is None else origin.area,
        device=change.device,
        priority=change.priority.name.lower(),
        rule=change.rule,
        site=site,
    )
    fields = (
        f"active={'true' if change.active else 'false'},alarm={change.alarm}i,"
        f"attention={string(change.attention)},move={string(change.move)},"
        f"sequence={change.sequence}i,who={string(change.who)}"
    )
    return f"{tags} {fields} {change.at * 1_000 + change.id % 1_000}"


def _after_cursor(connection: sa.Connection) -> tuple[list[AlarmChange], int, int]:
    """The next changes, the cursor, and the id of the last change there is."""
    change, alarm = alarms.alarm_change.c, alarms.alarm.c
    kept = sa.select(progress.cursor.c.seq).where(progress.cursor.c.follower == FOLLOWER)
    cursor = int(connection.execute(kept).scalar_one_or_none() or 0)
    last = int(connection.execute(sa.select(sa.func.max(change.id))).scalar_one_or_none() or 0)
    if last <= cursor:
        return [], cursor, cursor
    query = (
        sa.select(alarms.alarm_change, alarm.rule, alarm.device, alarm.priority)
        .join(alarms.alarm, alarm.id == change.alarm)
        .where(change.id > cursor)
        .order_by(change.id)
        .limit(BATCH)
    )
    return [_change(row) for row in connection.execute(query)], cursor, last


def _change(row: sa.Row[Any]) -> AlarmChange:
    return AlarmChange(
        id=row.id,
        alarm=row.alarm,
        sequence=row.sequence,
        at=row.at,
        move=row.move,
        attention=Attention(row.after),
        who=row.who,
        rule=row.rule,
        device=row.device,
        priority=Priority(row.priority),
    )


def _keep(connection: sa.Connection, seq: int) -> None:
    connection.execute(progress.cursor.delete().where(progress.cursor.c.follower == FOLLOWER))
    connection.execute(progress.cursor.insert().values(follower=FOLLOWER, seq=seq))
