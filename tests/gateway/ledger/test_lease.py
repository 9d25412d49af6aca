"""Which of several gateways is the active one, on a real PostgreSQL."""

import asyncio

import psycopg
import pytest
import sqlalchemy as sa

from gateway.errors import BadConfig, Unreachable
from gateway.ledger.lease import Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import progress
from tests.cable import cable
from tests.waiting import until


def lease(url: str, name: str) -> Lease:
    return Lease(url, name, f"journal of {name}")


def write(connection: sa.Connection) -> None:
    connection.execute(progress.cursor.insert().values(follower="alarms", seq=7))


async def test_one_of_those_that_start_at_once_is_active_and_the_next_when_it_ends(
    postgres_url: str,
) -> None:
    both = [lease(postgres_url, name) for name in ("north", "south")]
    takes = {}
    for each in both:
        await each.__aenter__()
        takes[asyncio.create_task(each.take())] = each
    (first,), (waiting,) = await asyncio.wait(takes, return_when=asyncio.FIRST_COMPLETED)
    assert first.result().same_journal
    await until(lambda: takes[waiting].active is not None)
    assert takes[waiting].active == takes[first].active
    await takes[first].__aexit__()
    assert not (await waiting).same_journal
    assert (takes[first].epoch, takes[waiting].epoch) == (1, 2)
    await takes[waiting].__aexit__()


async def test_who_was_taken_over_from_cannot_write_and_is_told(postgres_url: str) -> None:
    async with lease(postgres_url, "north") as north, lease(postgres_url, "south") as south:
        await north.take()
        async with Ledger(postgres_url, fence=north.fence, session=north.run) as ledger:
            await ledger.transact(write)
            taken = await south.take()  # north does not renew it
            assert (taken.cursor, taken.same_journal) == (7, False)
            with pytest.raises(Unreachable, match=r"north: another gateway has taken over"):
                await ledger.transact(lambda c: c.execute(progress.cursor.delete()))
        with pytest.raises(Unreachable, match="another gateway has taken over"):
            await north.keep()
        async with Ledger(postgres_url, fence=south.fence) as ledger:
            count = sa.select(sa.func.count()).select_from(progress.cursor)
            assert await ledger.transact(lambda c: c.execute(count).scalar()) == 1


async def test_one_whose_session_was_cut_stays_the_active_one(postgres_url: str) -> None:
    async with lease(postgres_url, "north") as north, lease(postgres_url, "south") as south:
        await north.take()
        keeping, taking = asyncio.create_task(north.keep()), asyncio.create_task(south.take())
        await asyncio.to_thread(end_sessions, postgres_url, north.run)
        cut = await asyncio.to_thread(renewed_at, postgres_url)
        while await asyncio.to_thread(renewed_at, postgres_url) == cut:
            await asyncio.sleep(0.05)
        assert not keeping.done()
        assert not taking.done()
        for task in (keeping, taking):
            task.cancel()
        await asyncio.wait([keeping, taking])


async def test_one_that_does_not_reach_the_database_is_not_sure_to_be_active(
    postgres_url: str,
) -> None:
    url = sa.make_url(postgres_url)
    with cable(url.port or 0) as to:
        by_cable = url.set(port=to.port).render_as_string(hide_password=False)
        async with lease(by_cable, "north") as north, lease(postgres_url, "south") as south:
            await north.take()
            assert north.is_sure
            keeping = asyncio.create_task(north.keep())
            to.cut()
            await south.take()
            await until(lambda: not north.is_sure and north.fault)
            waiting = asyncio.create_task(north.sure())
            to.mend()
            with pytest.raises(Unreachable, match="another gateway has taken over"):
                await keeping
            assert not waiting.done()
            waiting.cancel()
            await asyncio.wait([waiting])


async def test_without_postgresql_there_is_no_standby() -> None:
    with pytest.raises(BadConfig, match="needs a PostgreSQL ledger"):
        await lease("sqlite:///ledger.db", "north").__aenter__()


def end_sessions(url: str, run: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [run],
        )


def renewed_at(url: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        return db.execute("SELECT renewed_at FROM lease").fetchone()
