"""What the API says about users, sessions and tokens."""

from typing import Annotated

from pydantic import Field

from gateway.api.documented import Documented, Instant, Moment
from gateway.security.identity import Via
from gateway.security.passwords import LONGEST, SHORTEST
from gateway.security.roles import Right, Role
from gateway.security.users import NAME_PATTERN

UserName = Annotated[str, Field(pattern=NAME_PATTERN, examples=["li.wei"])]
NewPassword = Annotated[
    str, Field(min_length=SHORTEST, max_length=LONGEST, examples=["correct horse battery"])
]
RoleName = Annotated[Role, Field(examples=["operator"])]


class SignIn(Documented):
    """A name and its password."""

    name: str = Field(max_length=64, examples=["li.wei"])
    password: str = Field(max_length=LONGEST, examples=["correct horse battery"])


class Me(Documented):
    """Who is asking, and what they may do."""

    user: str = Field(examples=["li.wei"])
    role: RoleName
    rights: frozenset[Right] = Field(examples=[["read", "work"]])
    via: Via = Field(examples=["session"])
    expires_at: Instant | None = Field(examples=["2026-05-01T20:00:00.250000Z"])


class NewUser(Documented):
    """A user to be added. Without a password they come in by sign-in links."""

    name: UserName
    role: RoleName
    password: NewPassword | None = Field(default=None, examples=["correct horse battery"])


class User(Documented):
    """One account."""

    name: str = Field(examples=["li.wei"])
    role: RoleName
    disabled: bool = Field(examples=[False])
    has_password: bool = Field(examples=[True])
    created_at: Instant


class UserChange(Documented):
    """What is to be different; null leaves it as it is."""

    role: Role | None = Field(default=None, examples=["engineer"])
    disabled: bool | None = Field(default=None, examples=[True])


class Password(Documented):
    """A new password."""

    password: NewPassword


class OwnPassword(Password):
    """A new password of one's own."""

    present: str = Field(default="", max_length=LONGEST, examples=["wrong horse battery"])
    """The present one, where there is one."""


class Link(Documented):
    """Signs the user in once."""

    path: str = Field(examples=["/api/v1/session/link?secret=Zm9y…"])
    """To be opened on this gateway's address."""
    expires_at: Instant


class NewToken(Documented):
    """A token to be issued."""

    user: UserName
    label: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$", examples=["Grafana"])
    role: RoleName
    """With no right the user has not."""
    expires_at: Moment | None = Field(default=None, examples=["2027-05-01T00:00:00Z"])


class IssuedToken(Documented):
    """The only time the secret is shown."""

    secret: str = Field(examples=["gh_dGhpcyBpcyBubyB0b2tlbg"])


class Token(Documented):
    """An API token."""

    id: str = Field(examples=["9f86d081884c7d65"])
    user: str = Field(examples=["li.wei"])
    label: str = Field(examples=["Grafana"])
    role: RoleName
    created_at: Instant
    expires_at: Instant | None = Field(examples=["2026-05-01T20:00:00.250000Z"])
