"""From the outbox to the receivers, over a real ledger."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.desk.notices import Notice, Outbox
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.backoff import Backoff
from gateway.model.clock import DAY, SECOND, Micros
from gateway.model.rule import Priority
from gateway.outside.channels import LONGEST_REST, Channel
from gateway.outside.sender import FIRST_WAIT, LONGEST_WAIT, Sender
from tests.gateway.hand_clock import HandClock
from tests.gateway.outside.receivers import Answer, Receiver, receiver
from tests.gateway.samples import NOON
from tests.servers import free_port
from tests.waiting import until

BROKEN = Answer(500)


class Unshortened(random.Random):
    """No jitter."""

    def uniform(self, _a: float, b: float) -> float:
        """The longest."""
        return b


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def sender(ledger: Ledger, clock: HandClock, **peers: Receiver) -> Sender:
    """Its audience `leader` is told over all of those peers, in that order."""
    channels = [channel(name, peer, clock) for name, peer in peers.items()]
    audiences: Mapping[str, Sequence[str]] = {"leader": tuple(peers)}
    waits = Backoff(FIRST_WAIT, LONGEST_WAIT, Unshortened())
    return Sender(ledger, channels, audiences, clock, backoff=waits)


def channel(name: str, peer: Receiver, clock: HandClock) -> Channel:
    return Channel(name, f"json://127.0.0.1:{peer.port}/", clock)


async def put(
    ledger: Ledger,
    key: str = "first",
    *,
    audience: str = "leader",
    priority: Priority = Priority.HIGH,
    at: Micros = NOON,
) -> None:
    notice = Notice(key, audience, key, "Roof tank", None, priority)
    await ledger.transact(lambda connection: Outbox().put(connection, notice, at))


async def rows(ledger: Ledger) -> list[Any]:
    query = sa.select(outside.notice).order_by(outside.notice.c.id)
    return await ledger.transact(lambda connection: list(connection.execute(query)))


async def test_a_notice_is_sent_once_over_the_first_channel(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat, receiver() as sms:
        sending = sender(ledger, clock, chat=chat, sms=sms)
        await put(ledger)
        assert await sending.send_next()
        assert not await sending.send_next()
        assert (len(chat.got), len(sms.got)) == (1, 0)
    (row,) = await rows(ledger)
    assert (row.channel, row.sent_at, row.next_at, row.failed) == ("chat", NOON, None, None)


async def test_a_channel_that_fails_moves_to_the_next_at_once(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat, receiver() as sms:
        chat.answer = BROKEN
        sending = sender(ledger, clock, chat=chat, sms=sms)
        await put(ledger)
        await sending.send_next()
        assert (len(chat.got), len(sms.got)) == (1, 1)
        assert sending.channels["chat"].fault == "answers with status 500"
    (row,) = await rows(ledger)
    assert (row.channel, row.sent_at) == ("sms", NOON)


async def test_a_channel_that_says_no_with_status_200_moves_to_the_next_at_once(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as sms, receiver() as mail:
        sms.answer = Answer(body=b'{"code":3,"msg":"no credit"}')
        sending = sender(ledger, clock, sms=sms, mail=mail)
        url = f"form://127.0.0.1:{sms.port}/send?ok=code:0"
        sending.channels["sms"] = Channel("sms", url, clock)
        await put(ledger)
        await sending.send_next()
        assert (len(sms.got), len(mail.got)) == (1, 1)
    (row,) = await rows(ledger)
    assert row.channel == "mail"


async def test_in_a_storm_a_dead_channel_costs_one_probe_not_one_for_each_notice(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat, receiver() as sms:
        chat.answer = BROKEN
        sending = sender(ledger, clock, chat=chat, sms=sms)
        for number in range(20):
            await put(ledger, f"notice {number}")
        while await sending.send_next():
            pass
        assert (len(chat.got), len(sms.got)) == (1, 20)
        chat.answer = Answer()
        clock.now += LONGEST_REST
        await put(ledger, "later", at=clock.now)
        await sending.send_next()
        assert (len(chat.got), len(sms.got)) == (2, 20)
        assert sending.channels["chat"].fault is None


async def test_when_all_channels_fail_it_is_tried_again_ever_later_and_then_delivered(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat:
        chat.answer = Answer(429, {"Retry-After": "30"})
        sending = sender(ledger, clock, chat=chat)
        await put(ledger)
        for waited in (5, 10, 20, 40, 80, 160, 320, 600, 600):
            await sending.send_next()
            (row,) = await rows(ledger)
            assert row.next_at == clock.now + waited * SECOND
            assert row.failed == "chat answers with status 429"
            clock.now = row.next_at + LONGEST_REST
        assert len(chat.got) == 9
        await sending.send_next()
        chat.answer = Answer()
        clock.now += LONGEST_WAIT + LONGEST_REST
        assert await sending.send_next()
        assert sending.undelivered == 1
        assert not await sending.send_next()
        assert sending.undelivered == 0
        (row,) = await rows(ledger)
        assert (row.attempts, row.channel, row.failed) == (10, "chat", None)


async def test_after_a_day_it_is_kept_as_failed_and_tried_no_more(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat:
        chat.answer = BROKEN
        sending = sender(ledger, clock, chat=chat)
        await put(ledger)
        await sending.send_next()
        clock.now = NOON + DAY
        await sending.send_next()
        clock.now += DAY
        assert not await sending.send_next()
        assert len(chat.got) == 2
    (row,) = await rows(ledger)
    assert (row.attempts, row.next_at, row.sent_at) == (2, None, None)
    assert row.failed == "chat answers with status 500"


async def test_what_became_due_while_the_gateway_was_down_is_sent_however_late(
    ledger: Ledger, clock: HandClock
) -> None:
    await put(ledger)
    clock.now = NOON + 3 * DAY
    with receiver() as chat:
        await sender(ledger, clock, chat=chat).send_next()
        assert len(chat.got) == 1


async def test_the_most_urgent_goes_first(ledger: Ledger, clock: HandClock) -> None:
    await put(ledger, "low", priority=Priority.LOW)
    await put(ledger, "critical", priority=Priority.CRITICAL)
    with receiver() as chat:
        sending = sender(ledger, clock, chat=chat)
        await sending.send_next()
        assert b'"critical"' in chat.got[0].body


async def test_an_audience_without_channels_is_told_as_failed_not_forgotten(
    ledger: Ledger, clock: HandClock
) -> None:
    await put(ledger, audience="nobody")
    await sender(ledger, clock).send_next()
    (row,) = await rows(ledger)
    assert row.failed == "no channel leads to 'nobody': see notices.audiences"
    assert row.next_at is None


async def test_a_crash_between_sending_and_marking_sends_again_with_the_same_key(
    ledger: Ledger, clock: HandClock
) -> None:
    await put(ledger)
    with receiver() as chat:
        chat.open.clear()
        crashing = asyncio.create_task(sender(ledger, clock, chat=chat).run())
        await until(lambda: chat.got)
        crashing.cancel()
        await asyncio.wait([crashing])
        chat.open.set()
        await sender(ledger, clock, chat=chat).send_next()
        keys = [got.headers["idempotency-key"] for got in chat.got]
        assert keys == ["first", "first"]
    (row,) = await rows(ledger)
    assert row.channel == "chat"


async def test_a_channel_that_is_down_does_not_keep_the_notices_of_another_audience(
    ledger: Ledger, clock: HandClock
) -> None:
    with receiver() as chat:
        down = Channel("down", f"json://127.0.0.1:{free_port()}/", clock)
        audiences = {"chief": ("down",), "leader": ("chat",)}
        sending = Sender(ledger, [down, channel("chat", chat, clock)], audiences, clock)
        await put(ledger, "to chief", audience="chief", priority=Priority.CRITICAL)
        await put(ledger, "to leader")
        while await sending.send_next():
            pass
        assert len(chat.got) == 1


async def test_notices_wait_for_a_ledger_that_does_not_answer(
    ledger: Ledger, clock: HandClock
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    await ledger.transact(lambda connection: connection.execute(sa.text("DROP TABLE notice")))
    sending = Sender(ledger, [], {}, clock, sleep=sleep)
    running = asyncio.create_task(sending.run())
    await until(lambda: len(slept) > 1)
    running.cancel()
    await asyncio.wait([running])
    assert sending.fault is not None
