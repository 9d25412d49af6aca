"""The ledger's tables as the code needs them: made at once in an empty database, else brought up
to date by Alembic. Alembic is loaded for that alone: 11 MB that most starts do without."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from gateway.errors import BadConfig
from gateway.ledger.tables import metadata

_STEPS: Final = Path(__file__).parent / "migrations" / "versions"
NEWEST: Final = max(step.name for step in _STEPS.glob("v*.py"))[1:5]
"""The last step: vNNNN_….py."""

# As Alembic makes it.
_version = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


_ALONE: Final = sa.text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'gatetabl', 'big') >> 1})")


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables up to date; of several that begin at once, the others wait for the first.
    BadConfig where a newer Gatehouse has left them."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ALONE)
    existing = sa.inspect(connection).get_table_names()
    if _version.name in existing:
        _go_on_from(connection, connection.execute(sa.select(_version)).scalars().all())
    elif metadata.tables.keys().isdisjoint(existing):
        metadata.create_all(connection)
        _version.create(connection)
        connection.execute(_version.insert(), {"version_num": NEWEST})
    else:
        migrate(connection)


def _go_on_from(connection: sa.Connection, versions: Sequence[str]) -> None:
    newest = max(versions, default="")
    if newest > NEWEST:
        problem = f"was left by a newer Gatehouse (its tables are {newest}, ours {NEWEST})"
        remedy = "install that one again, or restore a backup from before it"
        raise BadConfig("ledger", problem, remedy)
    if newest < NEWEST:
        migrate(connection)


def migrate(connection: sa.Connection, revision: str = "head") -> None:
    """Take every step that is missing up to that one."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "gateway.ledger:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
