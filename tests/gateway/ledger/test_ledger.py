import asyncio
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.errors import BadConfig, Refused, Unreachable
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import metadata
from gateway.ledger.tables.progress import cursor
from gateway.ledger.upgrade import NEWEST, migrate


async def test_the_migrations_make_the_tables_the_code_uses(new_ledger_url: str) -> None:
    assert await asyncio.to_thread(_differences, new_ledger_url) == ([], NEWEST)


async def test_a_new_ledger_is_as_the_migrations_would_have_left_it(tmp_path: Path) -> None:
    async with Ledger(sqlite_url(tmp_path / "new.db")):
        pass
    await asyncio.to_thread(_differences, sqlite_url(tmp_path / "migrated.db"))
    assert _made(tmp_path / "new.db") == _made(tmp_path / "migrated.db")


async def test_tables_of_others_are_no_new_ledger(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        db.execute("CREATE TABLE cursor (name TEXT)")
    with pytest.raises(Unreachable, match="cursor already exists"):
        async with Ledger(sqlite_url(tmp_path / "ledger.db")):
            pass


def _differences(url: str) -> tuple[list[object], str | None]:
    """What the migrations make otherwise than the code has it, and the last of them."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection)
        found = list(compare_metadata(context, metadata)), context.get_current_revision()
    engine.dispose()
    return found


def _made(path: Path) -> dict[str, list[str]]:
    """By table or index, the parts of the statement that makes it, whatever their order."""
    with closing(sqlite3.connect(path)) as db:
        made = db.execute("SELECT name, sql FROM sqlite_master").fetchall()
    return {name: sorted(re.split(r",\s+|\s*\n\s*", _bare(sql or ""))) for name, sql in made}


def _bare(sql: str) -> str:
    return re.sub(r"DEFAULT '(\d)'", r"DEFAULT \1", sql.replace('"', ""))


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


def _delete(path: Path) -> None:
    path.unlink()


def _delete_all(path: Path) -> None:
    for part in path.parent.glob("ledger.db*"):
        part.unlink()


def _replace(path: Path) -> None:
    path.with_name("other").write_bytes(b"no database" * 1000)
    path.with_name("other").replace(path)


@pytest.mark.promise("K4")
@pytest.mark.parametrize("hand", [_delete, _delete_all, _replace])
async def test_a_file_that_is_taken_away_while_in_use_is_written_anew(
    tmp_path: Path, hand: Callable[[Path], None]
) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger(sqlite_url(path)) as ledger:
        await ledger.transact(lambda c: c.execute(cursor.insert().values(follower="a", seq=7)))
        hand(path)
        await ledger.transact(lambda c: c.execute(cursor.insert().values(follower="b", seq=8)))
        with closing(sqlite3.connect(path)) as db:  # as after a power cut: what is there is all
            assert db.execute("SELECT follower, seq FROM cursor").fetchall() == [("a", 7), ("b", 8)]
    async with Ledger(sqlite_url(path)) as ledger:
        count = sa.select(sa.func.count()).select_from(cursor)
        assert await ledger.transact(lambda c: c.execute(count).scalar()) == 2


async def test_a_change_of_places_that_a_crash_cut_off_is_finished_at_the_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger(sqlite_url(path)) as ledger:
        await ledger.transact(lambda c: c.execute(cursor.insert().values(follower="a", seq=7)))
    path.rename(tmp_path / "ledger.db.mended")
    async with Ledger(sqlite_url(path)) as ledger:
        assert await ledger.transact(lambda c: c.execute(sa.select(cursor.c.seq)).scalar()) == 7


async def test_a_folder_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with Ledger(sqlite_url(folder / "ledger.db")) as ledger:
        await ledger.transact(lambda c: c.execute(cursor.insert().values(follower="a", seq=7)))
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(Unreachable, match="was taken away"):
            await ledger.transact(lambda c: c.execute(sa.select(cursor.c.seq)).scalar())
        (tmp_path / "elsewhere").rename(folder)
        assert await ledger.transact(lambda c: c.execute(sa.select(cursor.c.seq)).scalar()) == 7


@pytest.mark.parametrize("hand", ["DROP TABLE cursor", "ALTER TABLE cursor RENAME TO elsewhere"])
async def test_a_table_that_is_taken_away_is_told_as_unreachable(ledger: Ledger, hand: str) -> None:
    await ledger.transact(lambda c: c.exec_driver_sql(hand))
    with pytest.raises(Unreachable, match=r"(?s)cursor.*; check site\.ledger"):
        await ledger.transact(lambda c: c.execute(sa.select(cursor.c.seq)).scalar())
