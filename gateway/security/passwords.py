"""Passwords: argon2id, computed in a thread of its own because it is slow on purpose."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import Malformed

T = TypeVar("T")

SHORTEST: Final = 10
LONGEST: Final = 200


def check_new_password(name: str, password: str) -> None:
    """Malformed for a password nobody should have (length as NIST SP 800-63B asks, no rules on
    its characters)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Malformed("password", f"must have {SHORTEST} to {LONGEST} characters")
    if password.casefold() == name.casefold():
        raise Malformed("password", "must not be the user's name")


class Passwords:
    """Use as `async with Passwords()`. One thread: what many guesses at once cost is bounded."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    async def __aenter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1, "passwords")
        try:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._in_thread(lambda: None)  # whatever it is at has ended then
        self._thread.shutdown(wait=True)

    async def hash(self, password: str) -> str:
        """The password's salted hash, in argon2's own text form."""
        return await self._in_thread(lambda: self._hasher.hash(_normal(password)))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is that password. Without a hash it takes as long, and the answer is no."""

        def verify() -> bool:
            try:
                return self._hasher.verify(password_hash or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                return False

        return await self._in_thread(verify) and password_hash is not None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _normal(password: str) -> bytes:
    """One spelling for what looks the same on every keyboard (RFC 8265, 4.2: NFC)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
