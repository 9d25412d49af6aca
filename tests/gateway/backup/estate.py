"""A small estate whose stores hold something, and no gateway running on them."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import progress, security
from gateway.model.clock import SECOND
from gateway.site.load import load_site
from gateway.site.model import Site
from tests.gateway.samples import NOON, reading

READINGS = 50
CURSOR = 20

SITE = """\
site: {{id: elm, name: Elm, time_zone: Europe/London, data: elm-data{site}}}
connections:
  broker:
    type: mqtt
    host: 127.0.0.1
    client_id: elm
    username: elm
    password: "${{MQTT_PASSWORD}}"
    tls: {{ca: tls/ca.pem, certificate: tls/gateway.pem, key: tls/gateway.key}}
"""


def estate(folder: Path, site: str = "", ledger_url: str | None = None) -> tuple[Site, Path]:
    """Its site and site file; `site`: more keys of the section `site`."""
    folder.mkdir(parents=True, exist_ok=True)
    more = site if ledger_url is None else f"{site}, ledger: '{ledger_url}'"
    path = folder / "elm.site.yaml"
    path.write_text(SITE.format(site=more))
    (folder / "tls").mkdir()
    for name in ("ca.pem", "gateway.pem", "gateway.key"):
        (folder / "tls" / name).write_text(f"-----BEGIN {name}-----\n")
    loaded = load_site(path, {"MQTT_PASSWORD": "secret"})
    asyncio.run(_fill(loaded))
    return loaded, path


def journal_of(folder: Path) -> list[tuple[int, str]]:
    """Sequence and point of every reading in that folder's journal."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        return db.execute("SELECT seq, point FROM reading ORDER BY seq").fetchall()


async def users(url: str) -> list[str]:
    """The names in a ledger's accounts."""
    async with Ledger(url) as ledger:
        return list(
            await ledger.transact(
                lambda c: c.execute(sa.select(security.user.c.name)).scalars().all()
            )
        )


async def _fill(site: Site) -> None:
    async with Journal(site.data / "journal.db", NOON) as journal:
        readings = [reading("tank/level", float(n), n * SECOND) for n in range(READINGS)]
        await journal.append(readings)
        await journal.advance("influxdb", NOON + 10)
    account: dict[str, object] = {
        "name": "li",
        "role": "operator",
        "disabled": False,
        "created_at": NOON,
    }
    cursor: dict[str, object] = {"follower": "alarms", "seq": NOON + CURSOR}
    async with Ledger(site.ledger_url or sqlite_url(site.data / "ledger.db")) as ledger:
        await ledger.transact(lambda c: _insert(c, security.user, account))
        await ledger.transact(lambda c: _insert(c, progress.cursor, cursor))


def _insert(connection: sa.Connection, table: sa.Table, values: dict[str, object]) -> None:
    connection.execute(table.insert().values(**values))
