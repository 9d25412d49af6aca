"""Clocks and escalation over a real ledger: what is late is told, level by level, until a person
acts."""

from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from gateway.desk.escalation import newest_of
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import outside
from gateway.ledger.timers import Timer, TimerKind
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND
from gateway.model.rule import JobKind
from gateway.model.ticket import Act, ClockKind, TicketState
from gateway.site.timing_model import Chain, ChainRule, Level, Timing
from tests.gateway.desk.estate import LI, SHORT, WANG, Estate
from tests.gateway.samples import LOW_WATER, NOON, rule


async def test_nobody_acts_and_everybody_is_told_and_the_last_again_and_again(
    estate: Estate,
) -> None:
    await estate.alarm()
    await estate.live(until=51 * MINUTE)
    assert await estate.told() == [
        ("1/1/1", "operator", 0),
        ("1/1/2", "leader", 5 * MINUTE),
        ("1/1/3", "department", 15 * MINUTE),
        ("1/1/4", "manager", 30 * MINUTE),
        ("1/1/4/nag 1", "manager", 40 * MINUTE),
        ("1/1/4/nag 2", "manager", 50 * MINUTE),
    ]
    assert await estate.entries() == [
        ("opened", ""),
        ("escalated", "1/4 operator"),
        ("late", "answer"),
        ("escalated", "2/4 leader"),
        ("escalated", "3/4 department"),
        ("late", "arrive"),
        ("escalated", "4/4 manager"),
        ("escalated", "4/4 manager again"),
        ("escalated", "4/4 manager again 2"),
    ]


async def test_a_used_up_chain_never_falls_silent(short: Estate) -> None:
    await short.alarm()
    await short.live(until=HOUR)
    told = await short.told()
    assert len(told) == 2 + 29
    assert {audience for _, audience, _ in told[1:]} == {"boss"}
    assert len({key for key, _, _ in told}) == len(told)


async def test_the_history_of_a_used_up_chain_grows_ever_more_slowly(short: Estate) -> None:
    await short.alarm()
    await short.live(until=DAY)
    again = [text for what, text in await short.entries() if what == "escalated"][2:]
    assert again == ["2/2 boss again", *(f"2/2 boss again {2**n}" for n in range(1, 10))]
    assert len(await short.told()) == 2 + DAY // (2 * MINUTE) - 1


async def test_shelving_silences_the_alarm_and_not_the_work(estate: Estate) -> None:
    await estate.alarm()
    await estate.shelve(MINUTE)
    await estate.live(until=31 * MINUTE)
    assert [audience for _, audience, _ in await estate.told()] == [
        "operator",
        "leader",
        "department",
        "manager",
    ]
    assert (await estate.clock(ClockKind.ANSWER)).late_at == NOON + 5 * MINUTE
    assert ("suppressed", "shelved") in await estate.entries()


async def test_who_accepts_ends_the_chain_and_a_delivery_does_not(estate: Estate) -> None:
    await estate.alarm()
    await estate.tick(0)
    sent = sa.update(outside.notice).values(sent_at=NOON + SECOND)
    await estate.ledger.transact(lambda connection: connection.execute(sent))
    await estate.live(until=6 * MINUTE)
    assert [audience for _, audience, _ in await estate.told()] == ["operator", "leader"]
    await estate.act(Act.ACKNOWLEDGE, 7 * MINUTE)
    await estate.live(until=29 * MINUTE)
    assert len(await estate.told()) == 2
    ended = await estate.ledger.transact(lambda connection: newest_of(connection, 1))
    assert ended is not None
    assert (ended.ended_at, ended.ended_by) == (NOON + 7 * MINUTE, "li")


async def test_a_note_on_a_ticket_nobody_has_accepted_ends_nothing(estate: Estate) -> None:
    await estate.alarm()
    await estate.act(Act.NOTE, MINUTE)
    await estate.live(until=5 * MINUTE)
    assert [audience for _, audience, _ in await estate.told()] == ["operator", "leader"]


async def test_what_is_late_is_marked_written_and_told_and_stays_late_when_it_is_met(
    estate: Estate,
) -> None:
    await estate.alarm()
    await estate.act(Act.ACKNOWLEDGE, MINUTE)
    await estate.act(Act.DISPATCH, 2 * MINUTE)
    await estate.live(until=36 * MINUTE)
    await estate.act(Act.ARRIVE, 37 * MINUTE)
    await estate.live(until=40 * MINUTE)
    assert await estate.entries() == [
        ("opened", ""),
        ("escalated", "1/4 operator"),
        ("acknowledge", ""),
        ("dispatch", ""),
        ("late", "arrive"),
        ("escalated", "1/4 operator"),
        ("escalated", "2/4 leader"),
        ("arrive", ""),
    ]
    assert [key for key, _, _ in await estate.told()] == ["1/1/1", "1/2/1", "1/2/2"]
    arrive = await estate.clock(ClockKind.ARRIVE)
    assert (arrive.met_at, arrive.late_at) == (NOON + 37 * MINUTE, NOON + 30 * MINUTE)


async def test_what_is_met_late_before_the_gateway_looks_is_late_and_tells_nobody(
    estate: Estate,
) -> None:
    await estate.alarm()
    await estate.tick(0)
    await estate.act(Act.ACKNOWLEDGE, 6 * MINUTE, away=True)
    await estate.tick(6 * MINUTE + SECOND)
    assert await estate.entries() == [
        ("opened", ""),
        ("escalated", "1/4 operator"),
        ("acknowledge", ""),
        ("late", "answer"),
    ]
    await estate.live(until=29 * MINUTE)
    assert len(await estate.told()) == 1


async def test_a_hold_stops_the_clocks_and_the_chain(estate: Estate) -> None:
    await estate.alarm()
    await estate.act(Act.ACKNOWLEDGE, MINUTE)
    await estate.act(Act.HOLD, 10 * MINUTE)
    await estate.live(until=5 * DAY)
    assert "late" not in [what for what, _ in await estate.entries()]
    await estate.act(Act.RESUME, 5 * DAY)
    await estate.live(until=5 * DAY + 20 * MINUTE)
    assert ("late", "arrive") in await estate.entries()
    assert (await estate.clock(ClockKind.ARRIVE)).late_at == NOON + 5 * DAY + 20 * MINUTE


async def test_a_reopened_ticket_goes_up_a_new_chain(estate: Estate) -> None:
    await estate.alarm()
    await estate.act(Act.ACKNOWLEDGE, MINUTE)
    await estate.act(Act.RESOLVE, 2 * MINUTE)
    assert (await estate.alarm(after=HOUR)).state is TicketState.REOPENED
    await estate.live(until=HOUR + MINUTE)
    assert [key for key, _, _ in await estate.told()] == ["1/1/1", "1/2/1"]
    assert (await estate.clock(ClockKind.ANSWER, run=2)).due_at == NOON + HOUR + 5 * MINUTE


async def test_an_alarm_that_asks_again_on_an_accepted_ticket_goes_up_until_somebody_acts(
    estate: Estate,
) -> None:
    await estate.alarm()
    await estate.act(Act.ACKNOWLEDGE, MINUTE)
    await estate.act(Act.HOLD, 2 * MINUTE)
    await estate.live(until=HOUR)
    assert (await estate.alarm(after=HOUR)).state is TicketState.ON_HOLD
    await estate.live(until=HOUR + MINUTE)
    await estate.alarm(after=HOUR + MINUTE)  # it chatters
    await estate.live(until=HOUR + 15 * MINUTE)
    assert (await estate.told())[1:] == [
        ("1/2/1", "operator", HOUR),
        ("1/2/2", "leader", HOUR + 5 * MINUTE),
        ("1/2/3", "department", HOUR + 15 * MINUTE),
    ]
    await estate.act(Act.ACKNOWLEDGE, HOUR + 16 * MINUTE)
    await estate.live(until=3 * HOUR)
    assert len(await estate.told()) == 4


async def test_a_timer_of_an_older_generation_does_nothing(estate: Estate) -> None:
    await estate.alarm()
    await estate.act(Act.ESCALATE, MINUTE, away=True)

    def work(connection: sa.Connection) -> object:
        old = Timer(TimerKind.ESCALATE, "1/1", NOON)
        return estate.run_outs[TimerKind.ESCALATE](connection, old, NOON + MINUTE)

    assert await estate.ledger.transact(work) == ()
    assert await estate.told() == []


async def test_what_the_desk_cannot_settle_goes_above_it_at_once(estate: Estate) -> None:
    await estate.alarm()
    await estate.act(Act.ACKNOWLEDGE, MINUTE)
    await estate.act(Act.ESCALATE, 2 * MINUTE)
    await estate.live(until=2 * MINUTE)
    assert (await estate.told())[1:] == [("1/2/2", "leader", 2 * MINUTE)]
    await estate.act(Act.NOTE, 3 * MINUTE, LI)
    await estate.live(until=12 * MINUTE)
    assert (await estate.told())[2:] == [("1/2/3", "department", 12 * MINUTE)]
    await estate.act(Act.NOTE, 13 * MINUTE, WANG)
    await estate.live(until=29 * MINUTE)
    assert len(await estate.told()) == 3


async def test_escalating_goes_on_from_where_the_chain_is_and_never_down(estate: Estate) -> None:
    await estate.alarm()
    await estate.live(until=6 * MINUTE)
    await estate.act(Act.ESCALATE, 7 * MINUTE)
    await estate.live(until=7 * MINUTE)
    assert (await estate.told())[-1] == ("1/2/3", "department", 7 * MINUTE)


async def test_a_chain_of_one_level_is_told_again_when_it_is_escalated(ledger: Ledger) -> None:
    one = Estate(ledger, Timing(chains=(ChainRule(Chain((Level(0, "all"),), MINUTE)),)))
    await one.alarm()
    await one.act(Act.ESCALATE, SECOND)
    await one.live(until=SECOND)
    assert [audience for _, audience, _ in await one.told()] == ["all", "all"]


async def test_a_chain_that_has_begun_stays_as_it_was(estate: Estate) -> None:
    await estate.alarm()
    await estate.live(until=MINUTE)
    estate.timing = SHORT
    estate.start_again()
    await estate.live(until=5 * MINUTE)
    assert [audience for _, audience, _ in await estate.told()] == ["operator", "leader"]


async def test_after_a_restart_an_overdue_level_is_told_once_late_and_the_next_waits_from_then(
    estate: Estate,
) -> None:
    await estate.alarm()
    await estate.tick(0)
    estate.start_again()
    back = 3 * HOUR
    await estate.tick(back)
    assert (await estate.told())[1:] == [("1/1/2", "leader", back)]
    entries = await estate.entries()
    assert sorted(entries[2:]) == [
        ("escalated", "2/4 leader late"),
        ("late", "answer"),
        ("late", "arrive"),
    ]
    await estate.live(until=back + 10 * MINUTE)
    assert (await estate.told())[2:] == [("1/1/3", "department", back + 10 * MINUTE)]


async def test_a_batch_of_overdue_tickets_is_late_and_told_once_each(estate: Estate) -> None:
    rules = [rule(f"tank/rule-{n}", LOW_WATER.when, job=JobKind.EMERGENCY) for n in range(40)]
    for by in rules:
        await estate.alarm(by=by)
    ran_out = await estate.tick(20 * MINUTE)
    assert len(ran_out) == 40 * 3  # answer, arrive, first level
    told = await estate.told()
    assert sorted(key for key, _, _ in told) == sorted(f"{n}/1/1" for n in range(1, 41))
    assert await estate.tick(20 * MINUTE) == []
    for number in range(1, 41):
        lates = [text for what, text in await estate.entries(number) if what == "late"]
        assert sorted(lates) == ["answer", "arrive"]


@pytest.mark.parametrize("seed", range(4))
async def test_the_same_happenings_give_the_same_ledger_with_or_without_a_restart(
    ledger: Ledger, tmp_path: Path, seed: int
) -> None:
    first = Estate(ledger)
    await _happen(first, Random(seed), restarts=False)
    async with Ledger(sqlite_url(tmp_path / "again.db")) as other:
        second = Estate(other)
        await _happen(second, Random(seed), restarts=True)
        assert await first.rows() == await second.rows()


async def _happen(estate: Estate, chance: Random, *, restarts: bool) -> None:
    after = 0
    await estate.alarm()
    for _ in range(25):
        after += chance.choice((0, SECOND, 4 * MINUTE, HOUR))
        act = chance.choice([*await estate.possible(), None])
        if act is None:
            await estate.alarm(after)
        else:
            await estate.act(act, after, chance.choice((LI, WANG)), away=chance.random() < 0.5)
        if restarts:
            estate.start_again()
    await estate.tick(after)
