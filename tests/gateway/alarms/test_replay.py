"""The same journal and the same acts give the same ledger, byte for byte: however it is cut,
whenever restarted, on SQLite and on PostgreSQL. All of what the gateway runs: alarms, tickets,
clocks, escalation, notices and hand-overs, and what people do to them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.alarms.steps import AT_ONCE
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import alarms
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import TICK, Quality, Reading
from gateway.model.rule import InState
from tests.gateway.alarms.deeds import DEEDS, Deed
from tests.gateway.alarms.estate import POWER, SMOKE
from tests.gateway.alarms.playing import PLAYED, Restart, played
from tests.gateway.samples import NOON, rule

DELAYED = rule(
    "tank/fault",
    InState("tank/state", frozenset({"fault"})),
    raise_after=3 * SECOND,
    clear_after=7 * SECOND,
    needed=2,
    of=3,
)
ALL = (*PLAYED, replace(DELAYED, device="tank"))
POINTS = st.sampled_from([*(f"{each.id.partition('/')[0]}/state" for each in ALL), TICK])
HEARD = st.tuples(
    POINTS,
    st.sampled_from(["fault", "fault", "ok", None]),
    st.sampled_from([0, 1, SECOND, 2 * SECOND, 5 * SECOND, MINUTE, 20 * MINUTE, 9 * HOUR]),
)
DONE = st.tuples(
    st.integers(0, 24),
    st.sampled_from([0, 1, 2]),
    st.sampled_from(sorted(DEEDS)),
    st.integers(1, 3),
)
RESTARTS = st.lists(st.builds(Restart, st.integers(0, 24), st.booleans()), max_size=3)
BOTH = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

Heard = list[tuple[str, str | None, Micros]]
Done = list[tuple[int, int, str, int]]


def journal_of(heard: Heard) -> list[Reading]:
    at, readings = NOON, []
    for seq, (point, word, after) in enumerate(heard, 1):
        at += after
        quality = Quality.GOOD if word is not None else Quality.OFFLINE
        readings.append(Reading(point, word, at, at, quality, seq))
    return readings


def deeds_of(done: Done, readings: list[Reading]) -> list[Deed]:
    """Each so many halves of the way to the next reading; in the order of their times."""
    instants = [NOON, *(reading.received_at for reading in readings)]
    deeds = []
    for after, halves, what, number in done:
        place = min(after, len(readings))
        begin, end = (instants[min(each, len(readings))] for each in (place, place + 1))
        deeds.append(Deed(place, begin + (end - begin) * halves // 2, what, number))
    return sorted(deeds, key=lambda deed: (deed.after, deed.at))


@settings(BOTH, max_examples=15)
@given(
    heard=st.lists(HEARD, min_size=5, max_size=25),
    done=st.lists(DONE, max_size=25),
    cuts=st.lists(st.integers(1, 24), max_size=8),
    restarts=RESTARTS,
)
def test_the_same_journal_and_acts_give_the_same_ledger_byte_for_byte(
    tmp_path: Path, heard: Heard, done: Done, cuts: list[int], restarts: list[Restart]
) -> None:
    readings = journal_of(heard)
    deeds = deeds_of(done, readings)
    kept = [restart for restart in restarts if restart.after < len(readings)]

    async def both() -> tuple[list[str], list[str]]:
        async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
            whole = await played(ledger, readings, rules=ALL, deeds=deeds)
            return whole, await played(ledger, readings, cuts, kept, ALL, deeds)

    whole, pieces = asyncio.run(both())
    assert whole == pieces


NIGHT: Heard = [
    ("power/state", "fault", 0),
    (TICK, "", 20 * MINUTE),
    (TICK, "", 20 * MINUTE),
    ("power/state", "ok", MINUTE),
    ("reader/state", "fault", MINUTE),
    ("reader/state", "ok", 2 * MINUTE),
    ("smoke/state", "fault", SECOND),
    ("smoke/state", "ok", SECOND),
    (TICK, "", 20 * MINUTE),
    (TICK, "", 9 * HOUR),
    (TICK, "", 9 * HOUR),
]
DEEDS_OF_A_NIGHT: dict[int, list[tuple[str, int]]] = {
    1: [
        ("alarm: acknowledge late", 1),
        ("alarm: acknowledge", 1),
        ("rule: shelve", 3),
        ("ticket: dispatch", 1),
        ("ticket: arrive", 1),
        ("ticket: diagnose", 1),
        ("ticket: hold", 1),
        ("ticket: open", 2),
        ("ticket: acknowledge", 2),
    ],
    2: [
        ("rule: shelve", 2),
        ("ticket: resume", 1),
        ("ticket: merge", 2),
        ("ticket: note", 2),
        ("ticket: act late", 1),
        ("ticket: escalate", 1),
        ("alarm: shelve", 1),
        ("unshelve", 5),
        ("hand-over: take", 1),
        ("hand-over: note", 3),
        ("key: lend", 1),
    ],
    3: [
        ("unshelve", 4),
        ("rule: out of service", 1),
        ("hand-over: leave", 1),
        ("hand-over: take", 1),
        ("key: take back", 1),
        ("ticket: open", 3),
    ],
    4: [
        ("ticket: resolve", 1),
        ("ticket: close", 1),
        ("ticket: call_back", 1),
        ("ticket: close", 1),
        ("ticket: reopen", 1),
        ("back in service", 6),
        ("ticket: acknowledge", 3),
        ("ticket: resolve", 3),
        ("ticket: call_back", 3),
        ("ticket: false_alarm", 3),
    ],
    6: [("ticket: open", 1)],
    8: [("alarm: acknowledge", 3), ("alarm: reset", 2), ("ticket: report", 1)],
    9: [("ticket: reset", 4), ("alarm: acknowledge", 2), ("alarm: reset", 2)],
}

REFUSED = [
    "alarm: acknowledge late, 1",
    "ticket: act late, 1",
    "hand-over: take, 1",
    "unshelve, 4",
    "ticket: close, 1",
    "alarm: reset, 2",
    "ticket: reset, 4",
]


def night(readings: list[Reading]) -> list[Deed]:
    done = [(n, 0, *deed) for n, deeds in DEEDS_OF_A_NIGHT.items() for deed in deeds]
    return deeds_of(done, readings)


def test_a_night_at_the_desk_is_the_same_on_both_databases(
    tmp_path: Path, postgres_url: str
) -> None:
    readings = journal_of(NIGHT)
    deeds = night(readings)
    restarts = [Restart(after, first) for after in range(1, 11) for first in (True, False)]

    async def both() -> tuple[list[str], list[str], list[str]]:
        async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
            whole = await played(ledger, readings, rules=ALL, deeds=deeds)
            pieces = await played(ledger, readings, restarts=restarts, rules=ALL, deeds=deeds)
        async with Ledger(postgres_url) as ledger:
            there = await played(ledger, readings, restarts=restarts[::3], rules=ALL, deeds=deeds)
        return whole, pieces, there

    whole, pieces, there = asyncio.run(both())
    assert whole == pieces
    assert whole == there
    answers = whole[: len(deeds)]
    refused = [each.partition(", refused")[0] for each in answers if not each.endswith(", done")]
    assert refused == REFUSED
    assert {deed.what for deed in deeds} == DEEDS.keys()


@settings(BOTH, max_examples=3)
@given(heard=st.lists(HEARD, min_size=5, max_size=25), done=st.lists(DONE, max_size=25))
def test_whatever_happens_is_the_same_on_both_databases(
    tmp_path: Path, postgres_url: str, heard: Heard, done: Done
) -> None:
    readings = journal_of(heard)
    deeds = deeds_of(done, readings)

    async def on(url: str) -> list[str]:
        async with Ledger(url) as ledger:
            return await played(ledger, readings, rules=ALL, deeds=deeds)

    assert asyncio.run(on(sqlite_url(tmp_path / "ledger.db"))) == asyncio.run(on(postgres_url))


CHILDREN = tuple(
    rule(f"tank-{n}/fault", InState(f"tank-{n}/state", frozenset({"fault"})), parents=(POWER.id,))
    for n in range(2 * AT_ONCE + 20)
)
CROWD = tuple(replace(each, device="tank") for each in (POWER, SMOKE, *CHILDREN))


def crowded() -> list[Reading]:
    """All its children are still wrong when their parent has returned and their recovery is over:
    as many timers run out at one instant. Then there is smoke."""
    said: Heard = [("power/state", "fault", 0)]
    said += [(f"{each.id.partition('/')[0]}/state", "fault", 0) for each in CHILDREN]
    said += [("power/state", "ok", 0), (TICK, "", MINUTE), ("smoke/state", "fault", 0)]
    said += [(TICK, "", 0)] * 3
    return journal_of(said)


def test_a_crowd_of_timers_gives_the_same_ledger_however_it_is_cut(tmp_path: Path) -> None:
    readings = crowded()
    end = len(readings)
    late = [Restart(place) for place in (end - 4, end - 3, end - 2)]
    ways: list[tuple[list[int], list[Restart]]] = [
        ([end - 4], []),
        ([], late[:1]),
        ([end - 5], late),
    ]

    async def all_ways() -> tuple[list[str], list[list[str]], list[str]]:
        async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
            whole = await played(ledger, readings, rules=CROWD)
            told = await ledger.transact(_told)
            return whole, [await played(ledger, readings, *way, CROWD) for way in ways], told

    whole, pieces, told = asyncio.run(all_ways())
    assert all(each == whole for each in pieces)
    assert len(told) == len(CROWD)
    assert told.index(SMOKE.id) <= 1 + 2 * AT_ONCE  # news of smoke stands behind a few only


def _told(connection: sa.Connection) -> list[str]:
    """The rules of the alarms announced, in that order."""
    alarm, change = alarms.alarm.c, alarms.alarm_change.c
    query = sa.select(alarm.rule).join(alarms.alarm_change, change.alarm == alarm.id)
    query = query.where(change.announced, change.active).order_by(change.id)
    return [row.rule for row in connection.execute(query)]
