"""Sessions, tokens and sign-in links in the ledger: SHA-256 digests of secrets, never secrets.

The secrets have 256 random bits, so a plain digest cannot be turned back; salting and slowness are
for passwords.
"""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from gateway.errors import Missing
from gateway.ledger.tables import security
from gateway.model.clock import Micros
from gateway.security.identity import Identity, Via
from gateway.security.roles import RIGHTS, Role

TOKEN_PREFIX: Final = "gh_"
"""So that people and secret scanners know a token of ours when they see one."""

ID_LENGTH: Final = 16

_table = security.credential


class Kind(StrEnum):
    """What a secret is good for."""

    SESSION = "session"
    TOKEN = "token"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it may be shown. `id` is the head of the digest."""

    id: str
    user: str
    label: str
    role: Role
    created_at: Micros
    expires_at: Micros | None


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue(
    connection: sa.Connection,
    kind: Kind,
    user: str,
    now: Micros,
    *,
    expires_at: Micros | None,
    label: str = "",
    role: Role | None = None,
) -> str:
    """Returns the new secret, which is nowhere else from then on."""
    secret = (TOKEN_PREFIX if kind is Kind.TOKEN else "") + secrets.token_urlsafe(32)
    connection.execute(
        _table.insert().values(
            digest=digest(secret),
            kind=kind,
            user=user,
            role=role,
            label=label,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return secret


def valid(connection: sa.Connection, now: Micros) -> dict[str, Identity]:
    """Every session and token good now, by digest."""
    query = (
        sa.select(_table, security.user.c.role.label("user_role"))
        .join(security.user, security.user.c.name == _table.c.user)
        .where(_good(now), _table.c.kind != Kind.LINK, security.user.c.disabled.is_(False))
    )
    return {row.digest: _identity(row) for row in connection.execute(query)}


def signed_in(connection: sa.Connection, now: Micros) -> frozenset[str]:
    """Users with a session."""
    query = sa.select(_table.c.user).where(_good(now), _table.c.kind == Kind.SESSION)
    return frozenset(connection.execute(query).scalars())


def tokens(connection: sa.Connection) -> tuple[Token, ...]:
    """All tokens not revoked, oldest first; expired ones too, so that people see why."""
    query = (
        sa.select(_table, security.user.c.role.label("user_role"))
        .join(security.user, security.user.c.name == _table.c.user)
        .where(_table.c.kind == Kind.TOKEN, _table.c.revoked_at.is_(None))
        .order_by(_table.c.created_at, _table.c.digest)
    )
    return tuple(
        Token(
            id=row.digest[:ID_LENGTH],
            user=row.user,
            label=row.label,
            role=Role(row.role or row.user_role),
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in connection.execute(query)
    )


def use_link(connection: sa.Connection, secret: str, now: Micros) -> str | None:
    """The user a sign-in link is for, once; None when it is not good (any more)."""
    this = (_table.c.digest == digest(secret)) & (_table.c.kind == Kind.LINK)
    query = (
        sa.select(_table.c.user)
        .join(security.user, security.user.c.name == _table.c.user)
        .where(this, _good(now), security.user.c.disabled.is_(False))
    )
    user = connection.execute(query).scalar_one_or_none()
    if user is not None:
        connection.execute(_table.update().where(this).values(revoked_at=now))
    return user


def revoke(connection: sa.Connection, secret: str, now: Micros) -> None:
    """End one session or token by its secret."""
    _revoke(connection, _table.c.digest == digest(secret), now)


def revoke_token(connection: sa.Connection, token_id: str, now: Micros) -> Token:
    """End one token by its public id; Missing when there is none."""
    token = next((token for token in tokens(connection) if token.id == token_id), None)
    if token is None:
        raise Missing(f"token {token_id}", "there is no such token")
    this = (_table.c.kind == Kind.TOKEN) & (
        sa.func.substr(_table.c.digest, 1, ID_LENGTH) == token_id
    )
    _revoke(connection, this, now)
    return token


def revoke_all(connection: sa.Connection, user: str, kinds: frozenset[Kind], now: Micros) -> None:
    """End everything of these kinds that the user has."""
    _revoke(connection, (_table.c.user == user) & _table.c.kind.in_(kinds), now)


def forget_ended(connection: sa.Connection, now: Micros) -> None:
    """Drop sessions and links that are over: the audit keeps that they were."""
    connection.execute(
        _table.delete().where(_table.c.kind.in_((Kind.SESSION, Kind.LINK)), ~_good(now))
    )


def _good(now: Micros) -> sa.ColumnElement[bool]:
    not_expired = _table.c.expires_at.is_(None) | (_table.c.expires_at > now)
    return _table.c.revoked_at.is_(None) & not_expired


def _revoke(connection: sa.Connection, which: sa.ColumnElement[bool], now: Micros) -> None:
    connection.execute(
        _table.update().where(which, _table.c.revoked_at.is_(None)).values(revoked_at=now)
    )


def _identity(row: sa.Row[tuple[object, ...]]) -> Identity:
    role = Role(row.role or row.user_role)
    return Identity(
        user=row.user,
        role=role,
        rights=RIGHTS[role] & RIGHTS[Role(row.user_role)],
        via=Via(row.kind),
        credential=row.digest[:ID_LENGTH],
        expires_at=row.expires_at,
    )
