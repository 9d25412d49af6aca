"""Who may come in: users, sign-in, sessions, API tokens. Every act is on the audit record."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Self, TypeVar

import sqlalchemy as sa
from argon2 import PasswordHasher

from gateway.errors import Malformed, Refused
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE, Clock, Micros
from gateway.security import credentials, users
from gateway.security.attempts import Attempts
from gateway.security.audit import ANONYMOUS, Audited, record
from gateway.security.credentials import Kind, Token
from gateway.security.identity import Identity, NotAllowed, NotSignedIn, WrongPassword
from gateway.security.passwords import Passwords, check_new_password
from gateway.security.roles import RIGHTS, Right, Role
from gateway.security.users import User

T = TypeVar("T")

SESSION_LIFETIME: Final[Micros] = 12 * HOUR
"""A shift of eight hours, its handover, and a colleague who comes late."""

LINK_LIFETIME: Final[Micros] = 10 * MINUTE

_ANY_LINK: Final = "a sign-in link"
"""Stands for the name where links are tried; no user can be called that."""

_EVERYTHING: Final = frozenset(Kind)
_SESSIONS: Final = frozenset({Kind.SESSION, Kind.LINK})


class Accounts:
    """Use as `async with Accounts(ledger, clock)`.

    Good sessions and tokens are also held in memory, so that asking who somebody is costs nothing:
    while the gateway runs, users are changed through it and not beside it.
    """

    def __init__(self, ledger: Ledger, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._attempts = Attempts(clock)
        self._passwords = Passwords(hasher)
        self._identities: Mapping[str, Identity] = MappingProxyType({})

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._passwords)
            await self._change(lambda db: credentials.forget_ended(db, self._clock()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._stack.aclose()

    # --- who is asking -------------------------------------------------------------------------

    def resolve(self, secret: str) -> Identity | None:
        """Who holds that session's or token's secret; None when it is not good (any more)."""
        identity = self._identities.get(credentials.digest(secret))
        if identity is None or _over(identity.expires_at, self._clock()):
            return None
        return identity

    async def sign_in(self, name: str, password: str, *, address: str) -> str:
        """A new session's secret. NotSignedIn, the same and after the same time whatever was
        wrong; TooManyAttempts after too many failures from `address`."""
        password_hash = await self._checked(name, password, address)

        def open_session(db: sa.Connection) -> str:
            if users.password_hash(db, name) != password_hash:  # changed while we computed
                raise NotSignedIn("sign-in", "name or password is wrong")
            return self._open_session(db, name, address, "password")

        return await self._change(open_session)

    async def confirm(self, name: str, password: str, *, address: str) -> None:
        """Somebody who is signed in shows their own password once more. WrongPassword, or
        TooManyAttempts as for signing in."""
        try:
            await self._checked(name, password, address)
        except NotSignedIn as error:
            raise WrongPassword(f"user {name}", "the password is wrong", "type it again") from error

    async def countersign(self, name: str, password: str, right: Right, *, address: str) -> bool:
        """A second person at the same workplace says yes with their own password; whether they have
        the right. WrongPassword, or TooManyAttempts as for signing in."""
        try:
            await self._checked(name, password, address)
        except NotSignedIn as error:
            problem, remedy = "name or password is wrong", "have them type it themselves"
            raise WrongPassword("second person", problem, remedy) from error
        user = await self._ledger.transact(lambda db: users.get(db, name))
        may = right in RIGHTS[user.role]
        act = Audited.COUNTERSIGNED if may else Audited.COUNTERSIGNING_REFUSED
        await self._record(Actor(name, user.role, address), act, name)
        return may

    async def redeem(self, link: str, *, address: str) -> str:
        """A new session's secret for a sign-in link's. NotSignedIn when it is used or too old;
        TooManyAttempts after too many such from `address`."""
        self._attempts.begin(_ANY_LINK, address)

        def use(db: sa.Connection) -> str:
            user = credentials.use_link(db, link, self._clock())
            if user is None:
                raise NotSignedIn(
                    "sign-in link", "is used, too old or not ours", "ask for a new one"
                )
            return self._open_session(db, user, address, "link")

        session = await self._change(use)
        self._attempts.succeeded(_ANY_LINK, address)
        return session

    async def sign_out(self, secret: str, *, address: str) -> None:
        """End the session; nothing when it is over already."""
        identity = self.resolve(secret)
        if identity is None:
            return

        def end(db: sa.Connection) -> None:
            credentials.revoke(db, secret, self._clock())
            who = Actor(identity.user, identity.role, address)
            record(db, self._clock(), who, Audited.SIGNED_OUT, identity.user)

        await self._change(end)

    # --- users ---------------------------------------------------------------------------------

    async def users(self) -> tuple[User, ...]:
        """All users by name, disabled ones too."""
        return await self._ledger.transact(users.everyone)

    async def add_user(
        self, name: str, role: Role, password: str | None = None, *, who: Actor
    ) -> User:
        """Malformed for a bad name or password, Refused for a name that is taken."""
        password_hash = None if password is None else await self._hash_new(name, password)

        def add(db: sa.Connection) -> User:
            record(db, self._clock(), who, Audited.USER_ADDED, name, after=role)
            return users.insert(db, name, role, password_hash, self._clock())

        return await self._change(add)

    async def set_password(self, name: str, password: str, *, who: Actor) -> None:
        """Ends the user's sessions and unused links: whoever knew the old one is out."""
        password_hash = await self._hash_new(name, password)

        def set_hash(db: sa.Connection) -> None:
            users.set_password_hash(db, name, password_hash)
            credentials.revoke_all(db, name, _SESSIONS, self._clock())
            record(db, self._clock(), who, Audited.PASSWORD_SET, name)

        await self._change(set_hash)

    async def change_own_password(self, present: str, password: str, *, who: Actor) -> None:
        """By the user, who proves to know the present one where there is one, so that a session
        left open is not enough to take the account over. Ends all the user's sessions."""
        name = who.user
        present_hash = await self._ledger.transact(lambda db: users.password_hash(db, name))
        if present_hash is not None:
            self._attempts.begin(name, who.place)
            if not await self._passwords.matches(present_hash, present):
                raise NotAllowed(f"user {name}", "the present password is wrong")
            self._attempts.succeeded(name, who.place)
        await self.set_password(name, password, who=who)

    async def change_user(
        self, name: str, *, role: Role | None = None, disabled: bool | None = None, who: Actor
    ) -> User:
        """Takes effect at once; None leaves things as they are. Disabling ends the user's sessions,
        links and tokens for good. Refused for the last administrator."""

        def change(db: sa.Connection) -> User:
            now = self._clock()
            before = users.get(db, name)
            if role not in (None, before.role):
                users.set_role(db, name, role)
                record(db, now, who, Audited.ROLE_SET, name, before=before.role, after=role)
            if disabled not in (None, before.disabled):
                users.set_disabled(db, name, disabled)
                act = Audited.USER_DISABLED if disabled else Audited.USER_ENABLED
                record(db, now, who, act, name)
            if disabled:
                credentials.revoke_all(db, name, _EVERYTHING, now)
            return users.get(db, name)

        return await self._change(change)

    async def end_sessions(self, name: str, *, who: Actor) -> None:
        """Sign the user out everywhere; unused links end too, tokens stay."""

        def end(db: sa.Connection) -> None:
            users.get(db, name)
            credentials.revoke_all(db, name, _SESSIONS, self._clock())
            record(db, self._clock(), who, Audited.SESSIONS_ENDED, name)

        await self._change(end)

    # --- links and tokens ----------------------------------------------------------------------

    async def make_sign_in_link(
        self, name: str, lifetime: Micros = LINK_LIFETIME, *, who: Actor
    ) -> str:
        """The secret of a link that signs the user in once."""

        def make(db: sa.Connection) -> str:
            now = self._clock()
            _require_enabled(users.get(db, name))
            record(db, now, who, Audited.LINK_MADE, name)
            return credentials.issue(db, Kind.LINK, name, now, expires_at=now + lifetime)

        return await self._change(make)

    async def issue_token(
        self, name: str, label: str, role: Role, *, expires_at: Micros | None = None, who: Actor
    ) -> str:
        """The secret of a new API token. Refused for a role with rights the user has not."""

        def make(db: sa.Connection) -> str:
            user, now = users.get(db, name), self._clock()
            _require_enabled(user)
            if not RIGHTS[role] <= RIGHTS[user.role]:
                raise Refused(f"token for {name}", f"role {role} may do more than {user.role}")
            if _over(expires_at, now):
                raise Malformed("expires_at", "is in the past")
            record(db, now, who, Audited.TOKEN_ISSUED, name, after=f"{label}: {role}")
            return credentials.issue(
                db, Kind.TOKEN, name, now, expires_at=expires_at, label=label, role=role
            )

        return await self._change(make)

    async def tokens(self) -> tuple[Token, ...]:
        """All tokens not revoked, oldest first."""
        return await self._ledger.transact(credentials.tokens)

    async def revoke_token(self, token_id: str, *, who: Actor) -> None:
        """Takes effect at once. Missing when there is no such token."""

        def revoke(db: sa.Connection) -> None:
            token = credentials.revoke_token(db, token_id, self._clock())
            record(db, self._clock(), who, Audited.TOKEN_REVOKED, token.user, before=token.label)

        await self._change(revoke)

    # -------------------------------------------------------------------------------------------

    async def _checked(self, name: str, password: str, address: str) -> str | None:
        """The hash that password fits; NotSignedIn, and on record, where it does not."""
        self._attempts.begin(name, address)
        known = users.is_name(name)
        password_hash = await self._ledger.transact(
            lambda db: users.password_hash(db, name) if known else None
        )
        if not await self._passwords.matches(password_hash, password):
            subject = name if known else "not a user name"
            await self._record(replace(ANONYMOUS, place=address), Audited.SIGN_IN_REFUSED, subject)
            raise NotSignedIn("sign-in", "name or password is wrong")
        self._attempts.succeeded(name, address)
        return password_hash

    def _open_session(self, db: sa.Connection, user: str, address: str, by: str) -> str:
        now = self._clock()
        who = Actor(user, users.get(db, user).role, address)
        record(db, now, who, Audited.SIGNED_IN, user, after=f"by {by}")
        return credentials.issue(db, Kind.SESSION, user, now, expires_at=now + SESSION_LIFETIME)

    async def _hash_new(self, name: str, password: str) -> str:
        check_new_password(name, password)
        return await self._passwords.hash(password)

    async def _record(self, who: Actor, act: Audited, subject: str) -> None:
        await self._ledger.transact(lambda db: record(db, self._clock(), who, act, subject))

    async def _change(self, work: Callable[[sa.Connection], T]) -> T:
        """One transaction, and what is held in memory brought up to it, whoever stops waiting."""

        def changed(db: sa.Connection) -> tuple[T, dict[str, Identity]]:
            return work(db), credentials.valid(db, self._clock())

        async def change() -> T:
            done, self._identities = await self._ledger.transact(changed)
            return done

        return await asyncio.shield(change())


def _require_enabled(user: User) -> None:
    if user.disabled:
        raise Refused(f"user {user.name}", "is disabled", "enable the user first")


def _over(expires_at: Micros | None, now: Micros) -> bool:
    return expires_at is not None and expires_at <= now
