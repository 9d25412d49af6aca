"""Alarm changes: from the ledger, through a line, once each."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms import records
from gateway.errors import Unreachable
from gateway.history.alarm_changes import BATCH, AlarmChange, AlarmChanges, line_of
from gateway.history.influx.line_protocol import Origin
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import alarms, progress
from gateway.ledger.upgrade import migrate
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import SECOND
from gateway.model.rule import Priority, Rule
from gateway.model.text import Text
from tests.gateway.alarming import acknowledge_alarm, raise_alarm
from tests.gateway.samples import BREACH, LOW_WATER, NOON
from tests.waiting import until

PLACE = Text("Roof", "屋顶")

LOW = AlarmChange(
    id=7,
    alarm=3,
    sequence=2,
    at=NOON,
    move="acknowledge",
    attention=Attention.ACKED,
    who="li.wei",
    rule="tank/low-level",
    device="tank",
    priority=Priority.CRITICAL,
)


class Lines:
    """An Output that remembers, and fails as long as `fault` is set."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.fault: Exception | None = None
        self.asked = 0

    async def write_lines(self, lines: Sequence[str]) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        self.written += lines


def raised(rule: Rule = LOW_WATER) -> Callable[[sa.Connection], Alarm]:
    return lambda connection: raise_alarm(connection, rule)


def acknowledged(alarm: Alarm) -> Callable[[sa.Connection], Alarm]:
    return lambda connection: acknowledge_alarm(connection, alarm, Actor("li.wei"))


@asynccontextmanager
async def following(ledger: Ledger, lines: Lines) -> AsyncIterator[AlarmChanges]:
    def line(change: AlarmChange) -> str:
        return f"{change.rule} {change.move} {change.id}"

    changes = AlarmChanges(ledger, lines, line, sleep=lambda _: asyncio.sleep(0.001))
    task = asyncio.create_task(changes.run())
    try:
        yield changes
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_every_change_is_written_once_in_the_order_of_the_ledger(ledger: Ledger) -> None:
    lines = Lines()
    alarm = await ledger.transact(raised())
    async with following(ledger, lines) as changes:
        await until(lambda: len(lines.written) == 1)
        await ledger.transact(raised(BREACH))
        await ledger.transact(acknowledged(alarm))
        await until(lambda: changes.cursor == 3)
        assert changes.behind == 0
    assert lines.written == [
        "tank/low-level raise 1",
        "camera/breach raise 2",
        "tank/low-level acknowledge 3",
    ]


async def test_after_a_restart_it_goes_on_where_it_was(ledger: Ledger) -> None:
    before, after = Lines(), Lines()
    alarm = await ledger.transact(raised())
    async with following(ledger, before) as changes:
        await until(lambda: changes.cursor == 1)
    await ledger.transact(acknowledged(alarm))
    async with following(ledger, after):
        await until(lambda: after.written)
    assert after.written == ["tank/low-level acknowledge 2"]


async def test_a_crash_between_writing_and_keeping_writes_the_same_lines_again(
    tmp_path: Path,
) -> None:
    lines = Lines()
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        await ledger.transact(raised())
        await ledger.transact(raised(BREACH))
        async with following(ledger, lines) as changes:
            await until(lambda: changes.cursor == 2)
        # As the disk is when the power goes before the cursor is in.
        await ledger.transact(lambda connection: connection.execute(progress.cursor.delete()))
        async with following(ledger, lines) as changes:
            await until(lambda: changes.cursor == 2)
    assert lines.written[:2] == lines.written[2:]


async def test_while_influxdb_is_away_they_wait_in_the_ledger_and_why_is_told(
    tmp_path: Path,
) -> None:
    lines = Lines()
    lines.fault = Unreachable("http://influx:8086", "does not answer")
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        await ledger.transact(raised())
        async with following(ledger, lines) as changes:
            await until(lambda: lines.asked > 2)
            assert changes.behind == 1
            assert changes.fault == "http://influx:8086: does not answer"
            lines.fault = None
            await until(lambda: changes.cursor == 1)
            await until(lambda: changes.fault is None)
    assert lines.written == ["tank/low-level raise 1"]


async def test_more_than_a_batch_is_written_in_batches(tmp_path: Path) -> None:
    lines = Lines()
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:

        def flood(connection: sa.Connection) -> None:
            alarm = raise_alarm(connection)
            row = {
                "alarm": alarm.id,
                "at": NOON,
                "move": "raise",
                "before": "unack",
                "after": "unack",
                "who": "gateway",
                "reason": "",
            }
            rows = [row | {"sequence": sequence} for sequence in range(2, BATCH + 6)]
            connection.execute(alarms.alarm_change.insert(), rows)

        await ledger.transact(flood)
        async with following(ledger, lines) as changes:
            await until(lambda: changes.cursor == BATCH + 5)
    assert lines.asked == 2
    assert len(set(lines.written)) == BATCH + 5


def test_a_line_says_which_alarm_moved_how_and_when() -> None:
    assert line_of(LOW, "willow-court", {"tank": Origin("tank", "block 1")}) == (
        r"alarm,area=block\ 1,device=tank,priority=critical,rule=tank/low-level,site=willow-court "
        'active=true,alarm=3i,attention="acked",move="acknowledge",sequence=2i,who="li.wei" '
        f"{NOON * 1_000 + 7}"
    )


def test_a_device_without_an_area_and_the_gateway_itself_have_no_such_tag() -> None:
    for device in ("tank", "gateway"):
        line = line_of(replace(LOW, device=device), "willow-court", {"tank": Origin("tank")})
        assert line.startswith(f"alarm,device={device},priority=critical,")


@pytest.mark.parametrize(
    ("attention", "active"),
    [
        (Attention.UNACK, "true"),
        (Attention.ACKED, "true"),
        (Attention.RTN_UNACK, "false"),
        (Attention.LATCHED, "false"),
        (Attention.NORMAL, "false"),
    ],
)
def test_an_alarm_stands_until_its_condition_returns(attention: Attention, active: str) -> None:
    assert f"active={active}," in line_of(replace(LOW, attention=attention), "here", {})


@given(st.lists(st.integers(0, 2), min_size=2, max_size=50))
def test_changes_of_a_rule_in_the_same_microsecond_are_points_of_their_own(
    microseconds: list[int],
) -> None:
    changes = [replace(LOW, id=id_, at=NOON + at) for id_, at in enumerate(microseconds, 990)]
    stamps = [int(line_of(change, "here", {}).rpartition(" ")[2]) for change in changes]
    assert len(set(stamps)) == len(stamps)
    assert [stamp // 1_000 for stamp in stamps] == [change.at for change in changes]


async def test_a_ledger_of_before_is_numbered_alarm_by_alarm_in_their_order(
    new_ledger_url: str,
) -> None:
    await asyncio.to_thread(_leave_as_0001, new_ledger_url)
    async with Ledger(new_ledger_url) as ledger:
        change = alarms.alarm_change.c
        query = sa.select(change.alarm, change.sequence, change.active).order_by(change.id)
        numbered = [tuple(row) for row in await ledger.transact(lambda c: c.execute(query).all())]
        assert numbered == [(1, 1, True), (1, 2, True), (2, 1, True), (1, 3, False)]
        second = await ledger.transact(lambda c: records.find(c, 2))
        moved = await ledger.transact(acknowledged(second))
        last = sa.select(change.alarm, change.sequence).order_by(change.id.desc()).limit(1)
        row = (await ledger.transact(lambda c: c.execute(last).all()))[0]
        assert tuple(row) == (second.id, moved.sequence)


def _leave_as_0001(url: str) -> None:
    """The second change of the first alarm bears an instant before its first: clocks are set."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        migrate(connection, "0001")
        for alarm, rule in ((1, LOW_WATER), (2, BREACH)):
            connection.exec_driver_sql(
                "INSERT INTO alarm (id, rule, device, title, place, priority, attention, active, "
                f"sequence, occurrences, raised_at) VALUES ({alarm}, '{rule.id}', 'tank', "
                """'{"en": "", "zh": ""}', '{"en": "", "zh": ""}', 2, 'unack', true, """
                f"{4 - alarm}, 1, {NOON})"
            )
        for alarm, sequence, at, after in (
            (2, 1, NOON + SECOND, "unack"),
            (1, 1, NOON, "unack"),
            (1, 2, NOON - SECOND, "acked"),
            (1, 3, NOON + 2 * SECOND, "normal"),
        ):
            connection.exec_driver_sql(
                "INSERT INTO alarm_change VALUES "
                f"({alarm}, {sequence}, {at}, 'raise', 'unack', '{after}', 'gateway', '')"
            )
    engine.dispose()
