"""Who is asking, and the ways in which somebody is turned away."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import Refused
from gateway.model.clock import SECOND, Micros
from gateway.security.roles import Right, Role


class Via(StrEnum):
    """How somebody showed who they are."""

    SESSION = "session"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, or a program acting for one.

    `role` is a token's own where it has one; `rights` are never more than the user's. `credential`
    is the public id of the session or token.
    """

    user: str
    role: Role
    rights: frozenset[Right]
    via: Via
    credential: str
    expires_at: Micros | None


class NotSignedIn(Refused):
    """Nobody known is asking."""


class NotAllowed(Refused):
    """Whoever is asking may not do this."""


class WrongPassword(Refused):
    """Somebody who was to show that they are who they say could not."""


class TooManyAttempts(Refused):
    """Signing in failed too often; `wait` is how long until the next attempt is looked at."""

    def __init__(self, wait: Micros) -> None:
        super().__init__(
            "sign-in", "too many failed attempts", f"wait {-(-wait // SECOND)} s and try again"
        )
        self.wait = wait
