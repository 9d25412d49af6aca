"""Users in the ledger."""

import re
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gateway.errors import Malformed, Missing, Refused
from gateway.ledger.tables import security
from gateway.model.clock import Micros
from gateway.security.audit import RESERVED, SYSTEM
from gateway.security.roles import Role

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"

_table = security.user


@dataclass(frozen=True, slots=True)
class User:
    """One account. Without a password its owner comes in by sign-in links only."""

    name: str
    role: Role
    disabled: bool
    has_password: bool
    created_at: Micros


def is_name(name: str) -> bool:
    """Whether a user could be called that."""
    ours = name in RESERVED or name.startswith(SYSTEM)
    return re.fullmatch(NAME_PATTERN, name) is not None and not ours


def insert(
    connection: sa.Connection, name: str, role: Role, password_hash: str | None, now: Micros
) -> User:
    """Malformed for what cannot be a name, Refused for one that is taken."""
    if not is_name(name):
        raise Malformed(
            f"user {name!r}",
            "is not a user name",
            "use 1 to 64 of a-z, 0-9, '.', '_' and '-', not the gateway's own names",
        )
    if _row(connection, name) is not None:
        raise Refused(f"user {name}", "exists already", "choose another name")
    connection.execute(
        _table.insert().values(
            name=name, role=role, password_hash=password_hash, disabled=False, created_at=now
        )
    )
    return get(connection, name)


def get(connection: sa.Connection, name: str) -> User:
    """Missing when there is none."""
    row = _row(connection, name)
    if row is None:
        raise Missing(f"user {name}", "there is no such user")
    return _user(row)


def everyone(connection: sa.Connection) -> tuple[User, ...]:
    """All users by name, disabled ones too."""
    return tuple(_user(row) for row in connection.execute(sa.select(_table).order_by("name")))


def password_hash(connection: sa.Connection, name: str) -> str | None:
    """None where there is no such user, none that may come in, or no password."""
    row = _row(connection, name)
    return None if row is None or row.disabled else row.password_hash


def set_password_hash(connection: sa.Connection, name: str, hashed: str) -> None:
    """Missing when there is no such user."""
    get(connection, name)
    _update(connection, name, password_hash=hashed)


def set_role(connection: sa.Connection, name: str, role: Role) -> None:
    """Refused when nobody could manage accounts afterwards."""
    if role is not Role.ADMIN:
        _keep_an_admin(connection, name)
    get(connection, name)
    _update(connection, name, role=role)


def set_disabled(connection: sa.Connection, name: str, disabled: bool) -> None:
    """Refused when nobody could manage accounts afterwards."""
    if disabled:
        _keep_an_admin(connection, name)
    get(connection, name)
    _update(connection, name, disabled=disabled)


def _keep_an_admin(connection: sa.Connection, name: str) -> None:
    admins = [u for u in everyone(connection) if u.role is Role.ADMIN and not u.disabled]
    if [admin.name for admin in admins] == [name]:
        raise Refused(f"user {name}", "is the last administrator", "make another one first")


def _update(connection: sa.Connection, name: str, **values: object) -> None:
    connection.execute(_table.update().where(_table.c.name == name).values(**values))


def _row(connection: sa.Connection, name: str) -> sa.Row[tuple[object, ...]] | None:
    return connection.execute(sa.select(_table).where(_table.c.name == name)).one_or_none()


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(
        name=row.name,
        role=Role(row.role),
        disabled=row.disabled,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
    )
