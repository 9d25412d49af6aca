"""Rows written in one statement, whether they are new or not."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or write over those with the same primary key. All have the same columns."""
    if rows:
        statement = _statement(table, connection.dialect.name, tuple(rows[0]))
        connection.execute(statement, rows)


@cache
def _statement(table: sa.Table, dialect: str, columns: tuple[str, ...]) -> sa.Executable:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    key = {column.name for column in table.primary_key}
    written = {name: insert.excluded[name] for name in columns if name not in key}
    return insert.on_conflict_do_update(index_elements=sorted(key), set_=written)
