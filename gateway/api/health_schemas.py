"""What the API tells of the gateway's own health."""

from pydantic import Field

from gateway.api.documented import Documented, Instant, example_of
from gateway.model.line_figures import UnitState


class UnitFigures(Documented):
    """One unit on a Modbus line."""

    unit: int = Field(examples=[2])
    devices: tuple[str, ...] = Field(examples=[["lift-pump"]])
    state: UnitState = Field(examples=["answering"])
    since: Instant | None = Field(examples=["2026-05-01T20:00:00.250000Z"])
    """Since when; null while it is unasked."""
    answered: int = Field(examples=[5210])
    """Requests answered since the start."""
    errors: dict[str, int] = Field(examples=[{"no-answer": 3}])
    """What requests came to instead, since the start, by kind."""
    last_error: str | None = Field(examples=["no answer within 1000 ms"])
    last_error_at: Instant | None = Field(examples=["2026-05-01T20:00:00.250000Z"])
    round_trip_ms: float | None = Field(examples=[4.2])
    """Of the requests answered in the last minute; null where there were none."""
    longest_ms: float | None = Field(examples=[11.8])
    missed_periods: int = Field(examples=[0])
    """Polls left out since the start, for they would have come a period late or more."""
    due: Instant | None = Field(examples=["2026-05-01T20:00:00.250000Z"])
    """When it is asked next."""
    unread: dict[str, str] = Field(
        examples=[{"lift-pump/current": "input_register 2 (30003): 0x7FC0 0x0000 is not a number"}]
    )
    """Points that have no value though the unit answers, and why: where they lie, what came."""


class LineFigures(Documented):
    """One Modbus line."""

    line: str = Field(examples=["plant-room"])
    duty: float = Field(examples=[0.08])
    """The share of the last minute in which it was busy with a request."""
    units: tuple[UnitFigures, ...] = Field(examples=[[example_of(UnitFigures)]])


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
    lines: tuple[LineFigures, ...] = Field(examples=[[example_of(LineFigures)]])


class Pulse(Documented):
    """Whether all is well, and nothing more."""

    status: str = Field(examples=["ok"])
    """ok or degraded."""
    role: str = Field(default="active", examples=["active"])
    """active; standby where another gateway on the same ledger is the active one; unsure where that
    may be, for this one does not reach the ledger."""
