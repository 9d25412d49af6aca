"""Rows that people know by their number, as records."""

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from gateway.errors import Missing

T = TypeVar("T")


def as_record(row: "sa.Row[Any]", kind: type[T]) -> T:
    """The columns as the fields of the same name."""
    return msgspec.convert(row, kind, from_attributes=True)


def numbered(
    connection: sa.Connection, table: sa.Table, number: int, kind: type[T], name: str, listed: str
) -> T:
    """The row of that `id`. Missing where there is none: `name` is what people call one, `listed`
    where they find them all."""
    row = connection.execute(sa.select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Missing(f"{name} {number}", f"there is no such {name}", f"look at {listed}")
    return as_record(row, kind)
