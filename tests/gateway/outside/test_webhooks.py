"""Tickets' changes to another system, over a real ledger to a real receiver."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook as Reference

from gateway.desk.tickets import TicketBook, find
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.actor import Actor
from gateway.model.clock import DAY, MINUTE, SECOND
from gateway.model.rule import Rule
from gateway.model.ticket import Act
from gateway.outside.http import client
from gateway.outside.signatures import ID, SIGNATURE, TIMESTAMP, verified
from gateway.outside.webhooks import WebhookEvents, WebhookSender
from gateway.site.model import Webhook
from tests.certificates import Authority
from tests.gateway.alarming import raise_alarm
from tests.gateway.hand_clock import HandClock
from tests.gateway.outside.receivers import Answer, receiver
from tests.gateway.outside.test_sender import Unshortened
from tests.gateway.samples import LOW_WATER, NOON, PROPPED
from tests.servers import free_port
from tests.waiting import until

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with await asyncio.to_thread(client) as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def hook(port: int, scheme: str = "http", host: str = "127.0.0.1") -> Webhook:
    return Webhook("erp", f"{scheme}://{host}:{port}/events", SECRET)


BOOK = TicketBook([WebhookEvents([hook(1)]).follow])


def sender(ledger: Ledger, http: httpx.AsyncClient, clock: HandClock, to: Webhook) -> WebhookSender:
    return WebhookSender(to, ledger, http, clock, chance=Unshortened())


async def opened(ledger: Ledger, by: Rule = LOW_WATER) -> int:
    def work(connection: sa.Connection) -> int:
        alarm = raise_alarm(connection, by, tickets=BOOK)
        assert alarm.ticket is not None
        return alarm.ticket

    return await ledger.transact(work)


async def noted(ledger: Ledger, number: int, text: str) -> None:
    def work(connection: sa.Connection) -> None:
        ticket = find(connection, number)
        BOOK.add_entry(connection, ticket, at=NOON, who=Actor("li"), what=Act.NOTE, text=text)

    await ledger.transact(work)


async def rows(ledger: Ledger) -> list[Any]:
    query = sa.select(outside.webhook_event).order_by(outside.webhook_event.c.id)
    return await ledger.transact(lambda connection: list(connection.execute(query)))


async def drained(sending: WebhookSender) -> None:
    while await sending.send_next():
        pass


async def test_every_change_of_a_ticket_arrives_signed_and_in_order(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    number = await opened(ledger)
    await noted(ledger, number, "阀门已关")
    with receiver() as peer:
        await drained(sender(ledger, http, clock, hook(peer.port)))
    first, second = peer.got
    for got in peer.got:
        assert verified(SECRET, got.headers, got.body, NOON) == got.headers[ID]
    told = json.loads(second.body)
    assert json.loads(first.body)["type"] == "ticket.opened"
    assert (told["type"], told["timestamp"]) == ("ticket.note", "2023-11-14T22:13:20Z")
    assert told["data"]["entry"]["text"] == "阀门已关"
    assert told["data"]["ticket"]["number"] == number
    assert told["data"]["ticket"]["opened_at"] == "2023-11-14T22:13:20Z"
    assert first.headers[ID] != second.headers[ID]


async def test_the_signature_is_the_reference_librarys(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    await opened(ledger)
    with receiver() as peer:
        await drained(sender(ledger, http, clock, hook(peer.port)))
    (got,) = peer.got
    signature = Reference(base64.b64encode(SECRET).decode())
    moment = datetime.fromtimestamp(int(got.headers[TIMESTAMP]), UTC)
    assert signature.sign(got.headers[ID], moment, got.body.decode()) == got.headers[SIGNATURE]


async def test_an_event_that_is_refused_holds_up_its_own_ticket_only(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    one = await opened(ledger)
    await noted(ledger, one, "second of its ticket")
    await opened(ledger, PROPPED)
    with receiver() as peer:
        peer.answers = [Answer(422)]
        sending = sender(ledger, http, clock, hook(peer.port))
        await drained(sending)
        told = [json.loads(got.body)["data"]["ticket"]["number"] for got in peer.got]
        assert told == [1, 2]
        assert sending.waiting == 2
        clock.now += 5 * SECOND
        await drained(sending)
        versions = [json.loads(got.body)["data"]["entry"]["version"] for got in peer.got]
        assert versions == [1, 1, 1, 2]
        assert (sending.fault, sending.waiting) == (None, 0)


async def test_a_receiver_that_is_down_is_asked_ever_more_rarely_and_then_gets_all(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    number = await opened(ledger)
    await opened(ledger, PROPPED)
    await noted(ledger, number, "last")
    with receiver() as peer:
        peer.answer = Answer(500)
        sending = sender(ledger, http, clock, hook(peer.port))
        for waited in (5, 10, 20, 40, 80, 160, 320, 600, 600):
            await drained(sending)
            clock.now += waited * SECOND - 1
            await drained(sending)
            clock.now += 1
        assert len(peer.got) == 9
        peer.answer = Answer()
        await drained(sending)
        assert [json.loads(got.body)["type"] for got in peer.got[9:]] == [
            "ticket.opened",
            "ticket.opened",
            "ticket.note",
        ]


async def test_a_pause_the_receiver_asks_for_is_kept(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    await opened(ledger)
    with receiver() as peer:
        peer.answers = [Answer(429, {"Retry-After": "1800"})]
        sending = sender(ledger, http, clock, hook(peer.port))
        await drained(sending)
        clock.now += 30 * MINUTE - 1
        assert not await sending.send_next()
        clock.now += 1
        await drained(sending)
        assert len(peer.got) == 2


async def test_after_three_days_an_event_is_kept_as_failed_and_the_next_goes(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    number = await opened(ledger)
    with receiver() as peer:
        peer.answer = Answer(400)
        sending = sender(ledger, http, clock, hook(peer.port))
        await drained(sending)
        clock.now = NOON + 3 * DAY
        await drained(sending)
        peer.answer = Answer()
        await noted(ledger, number, "later")
        await drained(sending)
    given_up, sent = await rows(ledger)
    assert (given_up.next_at, given_up.sent_at) == (None, None)
    assert given_up.failed == "answers with status 400"
    assert (sent.sent_at, sent.failed) == (clock.now, None)


async def test_a_crash_between_sending_and_marking_sends_again_with_the_same_id(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock
) -> None:
    await opened(ledger)
    with receiver() as peer:
        peer.open.clear()
        crashing = asyncio.create_task(sender(ledger, http, clock, hook(peer.port)).run())
        await until(lambda: peer.got)
        crashing.cancel()
        await asyncio.wait([crashing])
        peer.open.set()
        clock.now += 2 * MINUTE
        await drained(sender(ledger, http, clock, hook(peer.port)))
    first, second = peer.got
    assert first.headers[ID] == second.headers[ID]
    assert first.headers[TIMESTAMP] != second.headers[TIMESTAMP]
    assert verified(SECRET, second.headers, second.body, clock.now)


@pytest.mark.parametrize(
    ("host", "fault"),
    [("127.0.0.1", "nothing listens there"), ("no-such-host.invalid", "its host is unknown")],
)
async def test_a_receiver_that_cannot_be_reached_is_told_as_such(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock, host: str, fault: str
) -> None:
    await opened(ledger)
    sending = sender(ledger, http, clock, hook(free_port(), host=host))
    await drained(sending)
    assert sending.fault == fault


async def test_a_certificate_nobody_vouches_for_is_told_as_such(
    ledger: Ledger, http: httpx.AsyncClient, clock: HandClock, tmp_path: Path
) -> None:
    signed = Authority(tmp_path, "unknown").signed("peer", for_names="IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    await opened(ledger)
    with receiver(context) as peer:
        sending = sender(ledger, http, clock, hook(peer.port, "https"))
        await drained(sending)
        assert (sending.fault, peer.got) == ("its certificate is not trusted", [])


async def test_what_is_rolled_back_is_never_told(ledger: Ledger) -> None:
    def work(connection: sa.Connection) -> None:
        raise_alarm(connection, tickets=BOOK)
        raise LookupError

    with pytest.raises(LookupError):
        await ledger.transact(work)
    assert await rows(ledger) == []
