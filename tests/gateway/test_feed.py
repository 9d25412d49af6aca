"""What a reader of the feed is told, and when."""

import asyncio

from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from tests.gateway.alarming import raise_alarm
from tests.gateway.samples import reading


async def test_a_pause_lasts_through_readings_and_ends_with_an_alarm(
    ledger: Ledger,
) -> None:
    feed, alarm = Feed(), await ledger.transact(raise_alarm)
    with feed.subscribe() as subscription:
        feed.publish([reading("door/contact", "open")])
        pausing = asyncio.create_task(subscription.pause(3600))
        await asyncio.sleep(0)
        feed.publish([reading("door/contact", "closed")])
        await asyncio.sleep(0)
        assert not pausing.done()
        feed.publish([alarm])
        await pausing
        changes = await subscription.changes()
        assert (len(changes.readings), len(changes.alarms)) == (1, 1)


async def test_what_was_told_already_ends_no_pause(ledger: Ledger) -> None:
    feed, alarm = Feed(), await ledger.transact(raise_alarm)
    with feed.subscribe() as subscription:
        feed.publish([alarm])
        await subscription.changes()
        pausing = asyncio.create_task(subscription.pause(3600))
        await asyncio.sleep(0)
        assert not pausing.done()
        pausing.cancel()
        await asyncio.wait([pausing])
