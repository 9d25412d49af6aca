"""The record of who did what."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api.documented import STORABLE, Documented, Instant, Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.model.clock import from_datetime
from gateway.security.audit_trail import AuditEntry, Wanted
from gateway.security.roles import Right

router = APIRouter(tags=["audit"], dependencies=[Depends(may(Right.AUDIT))])

_Who = Annotated[
    str | None,
    Query(max_length=64, pattern=STORABLE, description="A user's name.", examples=["li.wei"]),
]
_Act = Annotated[
    str | None,
    Query(max_length=32, pattern=STORABLE, description="What.", examples=["role set"]),
]
_Subject = Annotated[
    str | None,
    Query(max_length=200, pattern=STORABLE, description="To what.", examples=["ticket 7"]),
]


class Entry(Documented):
    """One act. `hash` covers it and the hash of the entry before: `gatehouse audit verify`."""

    id: int = Field(examples=[1041])
    at: Instant
    who: str = Field(examples=["li.wei"])
    role: str = Field(examples=["manager"])
    place: str = Field(examples=["10.0.0.21"])
    """Address of the workplace."""
    act: str = Field(examples=["role set"])
    subject: str = Field(examples=["zhang"])
    reason: str = Field(examples=[""])
    before: str = Field(examples=["operator"])
    after: str = Field(examples=["engineer"])
    hash: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


@router.get(
    "/audit",
    summary="Look at who did what",
    response_model=list[Entry],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_audit(
    gateway: Gateway,
    who: _Who = None,
    act: _Act = None,
    subject: _Subject = None,
    start: Annotated[Moment | None, Query(description="First instant.")] = None,
    end: Annotated[Moment | None, Query(description="First instant after.")] = None,
    below: Annotated[
        int | None,
        Query(ge=1, lt=2**31, description="Only entries with a lower id: the next page."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 200,
) -> Sequence[AuditEntry]:
    """Newest first. It grows only: nothing here can be changed or deleted."""
    first, after = (None if moment is None else from_datetime(moment) for moment in (start, end))
    wanted = Wanted(who, act, subject, first, after)
    return await gateway.audit.newest(wanted, limit=limit, below=below)
