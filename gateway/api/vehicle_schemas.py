"""What the API says about passes, and vehicles that come and go."""

from datetime import datetime
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from gateway.access.passes import LONGEST_HOLDER, NewPass
from gateway.access.plates import PassKind
from gateway.access.vehicles import LONGEST_REASON
from gateway.api.documented import STORABLE, Day, Documented, Instant, Moment
from gateway.model.clock import from_datetime

Plate = Annotated[str, Field(examples=["京A12345"])]
Barrier = Annotated[str, Field(examples=["main-gate"])]
Holder = Annotated[str, Field(examples=["Building 3, 1201"])]
Why = Annotated[
    str, Field(min_length=1, max_length=LONGEST_REASON, pattern=STORABLE, examples=["moved out"])
]


class Pass(Documented):
    """A number plate on the register."""

    id: int = Field(examples=[12])
    plate: Plate
    kind: PassKind = Field(examples=["monthly"])
    holder: Holder
    valid_from: Instant
    valid_until: Instant | None = Field(examples=["2026-05-31T16:00:00Z"])
    """The first instant at which it is over; null: no end."""
    barriers: tuple[str, ...] = Field(examples=[["main-gate"]])
    """None named: all of them."""
    added_at: Instant
    ended_at: Instant | None = Field(examples=["2026-05-20T01:00:00Z"])


def _day_or_time(said: object) -> str:
    return "day" if len(str(said)) == len("2026-05-31") else "time"


End = Annotated[
    Annotated[Day, Tag("day")] | Annotated[Moment, Tag("time")], Discriminator(_day_or_time)
]
"""One complaint of what is neither, not one for each."""


class NewPassBody(Documented):
    """A number plate to be put on the register."""

    plate: str = Field(max_length=40, examples=["京A·12345"])
    """As it is written: spaces, dots and hyphens are left out."""
    kind: PassKind = Field(examples=["monthly"])
    holder: str = Field(
        min_length=1, max_length=LONGEST_HOLDER, pattern=STORABLE, examples=["Building 3, 1201"]
    )
    valid_from: Moment | None = Field(None, examples=["2026-05-01T08:00:00+08:00"])
    """Without it from now on."""
    valid_to: End | None = Field(None, examples=["2026-05-31"])
    """A day includes all of it, on the estate's wall clock; without it there is no end."""
    barriers: tuple[str, ...] = Field((), max_length=100, examples=[["main-gate"]])
    """Without it all of them."""

    def new(self) -> NewPass:
        """The same, for the register."""
        until = self.valid_to
        since = self.valid_from
        return NewPass(
            plate=self.plate,
            kind=self.kind,
            holder=self.holder,
            valid_from=None if since is None else from_datetime(since),
            valid_to=from_datetime(until) if isinstance(until, datetime) else until,
            barriers=self.barriers,
        )


class Reason(Documented):
    """Why."""

    reason: Why


class Left(Documented):
    """A vehicle that has gone unseen."""

    plate: str = Field(max_length=40, examples=["京A12345"])
    reason: Why = Field(examples=["gone, says the guard: the exit camera was down"])


class OnSite(Documented):
    """A vehicle that came in and has not gone."""

    plate: Plate
    since: Instant
    barrier: Barrier
    """Where it came in."""
    holder: Holder


class GateRecord(Documented):
    """One line of what came and went."""

    id: int = Field(examples=[407])
    barrier: Barrier
    what: str = Field(examples=["passage"])
    """arrival, passage, opening, manual-opening or left."""
    outcome: str = Field(examples=["taken"])
    """An arrival's verdict, how a passage ended, who opened it."""
    at: Instant
    """By the device's clock, where it has one."""
    noted_at: Instant
    plate: str | None = Field(examples=["京A12345"])
    direction: str = Field(examples=["in"])
    """in, out, or nothing where nobody knows."""
    holder: Holder
    pass_id: int | None = Field(examples=[12])
    who: str = Field(examples=["li.wei"])
    """Who ordered, explained or wrote it."""
    reason: str = Field(examples=["ambulance"])
