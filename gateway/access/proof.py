"""Commands for which one shows one's password once more, or a second person agrees with theirs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from gateway.access.authority import Asked, right_for
from gateway.model.actor import Actor
from gateway.security.accounts import Accounts
from gateway.security.identity import TooManyAttempts, WrongPassword
from gateway.security.roles import Right

WRONG_PASSWORD: Final = "wrong-password"
WRONG_SECOND_PASSWORD: Final = "wrong-second-password"
SECOND_NOT_ALLOWED: Final = "second-person-not-allowed"
TOO_MANY_ATTEMPTS: Final = "too-many-attempts"

T = TypeVar("T")

Ask = Callable[[Asked, Actor], Awaitable[T]]
"""Commands.ask, or what asks several devices in one act."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was typed: one's own `password`; the name of a `second` person, with theirs."""

    password: str | None = field(default=None, repr=False)
    second: str | None = None
    second_password: str | None = field(default=None, repr=False)


async def ask(
    give: Ask[T],
    accounts: Accounts,
    asked: Asked,
    proof: Proof,
    who: Actor,
    right: Right | None = None,
) -> T:
    """See Commands.ask. A proof that does not hold refuses the command, which is on record then;
    TooManyAttempts where there were too many of these. `right`: what the second person too must be
    allowed, where not what all such commands need."""
    try:
        proved = await _proved(accounts, asked, proof, who, right or right_for(asked.action))
    except TooManyAttempts:
        await give(replace(asked, unproved=TOO_MANY_ATTEMPTS), who)
        raise
    return await give(proved, who)


async def _proved(
    accounts: Accounts, asked: Asked, proof: Proof, who: Actor, right: Right
) -> Asked:
    if proof.password is not None:
        try:
            await accounts.confirm(who.user, proof.password, address=who.place)
        except WrongPassword:
            return replace(asked, unproved=WRONG_PASSWORD)
        asked = replace(asked, proved=True)
    if proof.second is None:
        return asked
    password = proof.second_password or ""
    try:
        may = await accounts.countersign(proof.second, password, right, address=who.place)
    except WrongPassword:
        return replace(asked, unproved=WRONG_SECOND_PASSWORD)
    return replace(asked, second=proof.second, unproved=None if may else SECOND_NOT_ALLOWED)
