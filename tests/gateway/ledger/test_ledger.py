import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.errors import BadConfig, Refused, Unreachable
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import cursor, metadata


async def test_the_migrations_make_the_tables_the_code_uses(ledger: Ledger) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await ledger.transact(differences) == []


async def test_what_is_committed_is_there_when_opened_again(ledger_url: str) -> None:
    async with Ledger(ledger_url) as ledger:
        await ledger.transact(lambda c: c.execute(cursor.insert().values(follower="a", seq=7)))
    async with Ledger(ledger_url) as ledger:
        assert await ledger.transact(lambda c: c.execute(sa.select(cursor.c.seq)).scalar()) == 7


async def test_work_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    def work(connection: sa.Connection) -> None:
        connection.execute(cursor.insert().values(follower="a", seq=7))
        raise Refused("ticket 1", "no")

    with pytest.raises(Refused):
        await ledger.transact(work)
    count = sa.select(sa.func.count()).select_from(cursor)
    assert await ledger.transact(lambda c: c.execute(count).scalar()) == 0


async def test_a_ledger_that_cannot_be_opened_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BadConfig, match="not a usable ledger"):
        async with Ledger(sqlite_url(tmp_path / "ledger.db")):
            pass
    with pytest.raises(Unreachable, match="Connection refused") as refused:
        async with Ledger("postgresql+psycopg://gatehouse:s3cret@127.0.0.1:1/ledger"):
            pass
    assert "s3cret" not in str(refused.value)


async def test_a_ledger_that_is_damaged_meanwhile_is_told_as_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger(sqlite_url(path)) as ledger:

        def damage(connection: sa.Connection) -> None:
            connection.exec_driver_sql("PRAGMA writable_schema=ON")
            connection.exec_driver_sql("UPDATE sqlite_schema SET rootpage = 9999")
            connection.exec_driver_sql("PRAGMA schema_version=999")

        await ledger.transact(damage)
        with pytest.raises(Unreachable, match=r"ledger\.db: ledger: .*malformed"):
            await ledger.transact(lambda c: c.execute(sa.select(cursor)).all())


async def test_a_missing_driver_is_named_with_how_to_get_it() -> None:
    without = (
        "import asyncio, sys; sys.modules['psycopg'] = None\n"
        "from gateway.ledger.ledger import Ledger\n"
        "asyncio.run(Ledger('postgresql://127.0.0.1/x').__aenter__())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", without, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    assert b"needs the package psycopg; install it: pip install" in told
