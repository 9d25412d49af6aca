"""The heartbeat, to a real receiver."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from gateway.health import ALARMS, DriverHealth, FollowerHealth, Health, JournalHealth
from gateway.journal.gauges import CommitTimes
from gateway.model.clock import MINUTE
from gateway.outside.heartbeat import Heartbeat
from gateway.outside.http import client
from gateway.site.model import HeartbeatPlan
from tests.gateway.outside.receivers import Answer, Receiver, receiver
from tests.servers import free_port


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with await asyncio.to_thread(client) as opened:
        yield opened


def health(seq: int = 10, behind: int = 0, alarms: str | None = None) -> Health:
    return Health(
        started_at=0,
        journal=JournalHealth(seq, seq, 0, None, CommitTimes(0, 0.0, 0.0), None),
        faults=(),
        drivers=(),
        followers=(FollowerHealth(ALARMS, behind, alarms),),
        dead_letter_counts={},
        dead_letters=(),
    )


def heart(http: httpx.AsyncClient, port: int) -> Heartbeat:
    return Heartbeat(HeartbeatPlan(f"http://127.0.0.1:{port}/ping/uuid", MINUTE), http)


async def test_it_beats_as_often_as_it_should_while_all_is_well(http: httpx.AsyncClient) -> None:
    slept: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            enough.set()
            await asyncio.Event().wait()

    with receiver() as peer:
        plan = HeartbeatPlan(f"http://127.0.0.1:{peer.port}/ping/uuid", MINUTE)
        running = asyncio.create_task(Heartbeat(plan, http, sleep=sleep).run(health))
        await enough.wait()
        running.cancel()
        await asyncio.wait([running])
        assert [(got.method, got.path) for got in peer.got] == [("GET", "/ping/uuid")] * 3
    assert slept == [60.0] * 3


async def test_it_is_withheld_while_readings_are_not_stored_or_alarms_not_raised(
    http: httpx.AsyncClient,
) -> None:
    full = health()
    with receiver() as peer:
        beating = heart(http, peer.port)
        await beating.beat(replace(full, journal=replace(full.journal, fault="disk full")))
        assert beating.withheld == "withheld: journal: disk full"
        await beating.beat(health(alarms="ledger: gone"))
        assert beating.withheld == "withheld: alarms: ledger: gone"
        assert peer.got == []
        await beating.beat(health())
        assert not beating.withheld
        assert len(peer.got) == 1


async def test_it_is_withheld_while_the_alarm_service_stands_still_not_while_it_catches_up(
    http: httpx.AsyncClient,
) -> None:
    with receiver() as peer:
        beating = heart(http, peer.port)
        await beating.beat(health(seq=100, behind=50))
        await beating.beat(health(seq=200, behind=60))
        assert len(peer.got) == 2
        await beating.beat(health(seq=300, behind=160))
        assert beating.withheld == "withheld: alarms: stand still"
        await beating.beat(health(seq=300))
        assert not beating.withheld
        assert len(peer.got) == 3


async def test_a_connection_that_is_down_does_not_stop_it(http: httpx.AsyncClient) -> None:
    down = replace(health(), drivers=(DriverHealth("pumps", "down", 0, 0),), faults=("down",))
    with receiver() as peer:
        await heart(http, peer.port).beat(down)
        assert len(peer.got) == 1


async def test_a_receiver_that_fails_is_told_without_its_secret_until_it_answers(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = heart(http, free_port())
    await nobody.beat(health())
    assert nobody.fault == "nothing listens there"
    with receiver() as peer:
        await _answers(peer, heart(http, peer.port))
    told = [record for record in caplog.records if record.name.startswith("gateway")]
    assert told
    assert not any("uuid" in record.getMessage() for record in told)


async def _answers(peer: Receiver, beating: Heartbeat) -> None:
    peer.answers = [Answer(404)]
    await beating.beat(health())
    assert beating.fault == "answers with status 404"
    await beating.beat(health())
    assert beating.fault is None
