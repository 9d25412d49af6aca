"""The tables of a ledger are made whole or not at all, whoever begins and whatever ends them."""

import asyncio
import os
import signal
from multiprocessing import get_context

import pytest
import sqlalchemy as sa

from gateway.errors import BadConfig
from gateway.ledger.ledger import Ledger, bring_up_to_date
from gateway.ledger.upgrade import NEWEST, migrate, upgrade
from tests.waiting import until

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("before", [None, "0003"])
async def test_a_kill_in_the_middle_leaves_the_tables_as_they_were(
    new_ledger_url: str, before: str | None
) -> None:
    if before is not None:
        await asyncio.to_thread(_migrate, new_ledger_url, before)
    killed = get_context("spawn").Process(target=_die_making_tables, args=(new_ledger_url,))
    killed.start()
    await asyncio.to_thread(killed.join)
    assert killed.exitcode == -signal.SIGKILL
    assert await asyncio.to_thread(_version, new_ledger_url) == before
    async with Ledger(new_ledger_url):
        pass
    assert await asyncio.to_thread(_version, new_ledger_url) == NEWEST


async def test_of_two_that_make_the_tables_at_once_one_waits(postgres_url: str) -> None:
    url = sa.make_url(postgres_url)
    engine = await asyncio.to_thread(sa.create_engine, url)
    first, looking = [await asyncio.to_thread(engine.connect) for _ in range(2)]
    with first, looking:
        await asyncio.to_thread(upgrade, first)
        second = asyncio.create_task(asyncio.to_thread(bring_up_to_date, url, "second"))
        looking.execution_options(isolation_level="AUTOCOMMIT")
        await until(lambda: looking.execute(WAITING).scalar())
        first.commit()
        await second
    engine.dispose()
    assert await asyncio.to_thread(_version, postgres_url) == NEWEST


async def test_what_a_newer_gatehouse_left_is_named(new_ledger_url: str) -> None:
    async with Ledger(new_ledger_url) as ledger:
        newer = "UPDATE alembic_version SET version_num = '9999'"
        await ledger.transact(lambda connection: connection.exec_driver_sql(newer))
    with pytest.raises(BadConfig, match=f"newer Gatehouse .its tables are 9999, ours {NEWEST}"):
        await Ledger(new_ledger_url).__aenter__()
    assert await asyncio.to_thread(_version, new_ledger_url) == "9999"


def _die_making_tables(url: str) -> None:
    """Killed after some of the statements that change anything."""
    left = 5

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal left
        left -= statement.lstrip().upper().startswith(("CREATE", "ALTER", "UPDATE", "INSERT"))
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "after_cursor_execute", count)
    asyncio.run(Ledger(url).__aenter__())


def _migrate(url: str, revision: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        migrate(connection, revision)
    engine.dispose()


def _version(url: str) -> str | None:
    """None where there are no tables at all."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        there = sa.inspect(connection).get_table_names()
        version: str | None = None
        if there:
            query = sa.text("SELECT version_num FROM alembic_version")
            version = connection.execute(query).scalar_one()
    engine.dispose()
    return version
