"""What the API says about users, sessions, tokens and the gateway's own health."""

from typing import Annotated

from pydantic import Field

from gateway.api.documented import Documented, Instant, Moment, example_of
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


class DriverHealth(Documented):
    """One connection."""

    name: str = Field(examples=["plant-room"])
    fault: str | None = Field(examples=["127.0.0.1:502: connection refused"])
    """Why it is down; null while it runs."""
    since: Instant
    """Since when it has been running, or down."""
    restarts: int = Field(examples=[0])
    passed_over: int = Field(examples=[12])
    """Messages since the start that were understood and told nothing of any point."""


class FollowerHealth(Documented):
    """One follower of the journal, or of the alarms' changes."""

    name: str = Field(examples=["alarms"])
    behind: int = Field(examples=[0])
    """Readings, or changes, it has not dealt with yet."""
    fault: str | None = Field(examples=["ledger: connection failed"])
    """Why it waits; null while it does not."""


class DeadLetter(Documented):
    """A message nobody could read."""

    at: Instant
    source: str = Field(examples=["willow-court/doors/01/state"])
    reason: str = Field(examples=["bad-json"])
    head: str = Field(examples=["{contact: op"])
    """Its first 256 bytes."""


class CommitTimes(Documented):
    """The journal's commits since the start; times in seconds."""

    count: int = Field(examples=[5210])
    total_s: float = Field(examples=[4.2])
    longest_s: float = Field(examples=[0.012])
    """The longest since the start."""
    last_s: float = Field(examples=[0.0008])
    """The newest one's."""


class JournalHealth(Documented):
    """The journal."""

    seq: int = Field(examples=[10428])
    """The place of the newest durable reading."""
    rows: int = Field(examples=[10428])
    """Readings it holds."""
    bytes_used: int = Field(examples=[270336])
    """Of the file, as of the last upkeep."""
    unshipped_age_s: float | None = Field(examples=[0.18])
    """How long ago the oldest reading was received that not every follower has read; null where
    that is not known."""
    commits: CommitTimes = Field(examples=[example_of(CommitTimes)])
    fault: str | None = Field(examples=["database or disk is full"])
    """Why nothing can be written or tidied now."""


class ReceiverHealth(Documented):
    """One that is told outside: a channel, a webhook, the heartbeat, or notices as a whole."""

    name: str = Field(examples=["channel-sms"])
    waiting: int = Field(examples=[0])
    """What is still to be sent."""
    fault: str | None = Field(examples=["does not answer in time"])
    """Why the newest attempt failed."""


class Health(Documented):
    """How the gateway itself is doing."""

    started_at: Instant
    journal: JournalHealth = Field(examples=[example_of(JournalHealth)])
    faults: tuple[str, ...] = Field(examples=[[]])
    """Sentences for the engineer; empty means all is well."""
    drivers: tuple[DriverHealth, ...] = Field(examples=[[example_of(DriverHealth)]])
    followers: tuple[FollowerHealth, ...] = Field(examples=[[example_of(FollowerHealth)]])
    dead_letter_counts: dict[str, int] = Field(examples=[{"bad-json": 1}])
    dead_letters: tuple[DeadLetter, ...] = Field(examples=[[example_of(DeadLetter)]])
    """Newest first."""
    receivers: tuple[ReceiverHealth, ...] = Field(examples=[[example_of(ReceiverHealth)]])


class Pulse(Documented):
    """Whether all is well, and nothing more."""

    status: str = Field(examples=["ok"])
    """ok or degraded."""
    role: str = Field(default="active", examples=["active"])
    """active; standby where another gateway on the same ledger is the active one; unsure where that
    may be, for this one does not reach the ledger."""
