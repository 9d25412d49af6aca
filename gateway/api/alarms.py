"""Alarms."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from gateway.api import schemas, suppression_schemas
from gateway.api.guard import Shelver, Worker, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.alarm import Alarm, Suppression
from gateway.model.clock import from_datetime
from gateway.security.roles import Right

router = APIRouter(prefix="/alarms", tags=["alarms"], dependencies=[Depends(may(Right.READ))])

AlarmId = Annotated[int, Path(ge=1, lt=2**31, description="An alarm's id.", examples=[17])]


@router.get(
    "",
    summary="List alarms",
    response_model=list[schemas.Alarm],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_alarms(
    gateway: Gateway,
    ended: Annotated[bool, Query(description="Those that have ended, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 500,
) -> list[Alarm]:
    """Open alarms that are not suppressed, most urgent first; with ended, all there ever were,
    newest first."""
    return await gateway.desk.alarms(ended=ended, limit=limit)


@router.post(
    "/{alarm}/acknowledge",
    summary="Acknowledge an alarm",
    response_model=schemas.Alarm,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def acknowledge(
    gateway: Gateway, worker: Worker, alarm: AlarmId, seen: schemas.Seen
) -> Alarm:
    """Its ticket, if new, is accepted with it. A conflict when the alarm has moved on since it was
    seen, or needs no acknowledgement."""
    return await gateway.desk.acknowledge(
        alarm, who=worker, occurrence=seen.occurrence, sequence=seen.sequence, text=seen.text
    )


@router.post(
    "/{alarm}/reset",
    summary="Reset a latched alarm",
    response_model=schemas.Alarm,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def reset(gateway: Gateway, worker: Worker, alarm: AlarmId, seen: schemas.Seen) -> Alarm:
    """A conflict when the alarm has moved on since it was seen, or is not latched."""
    return await gateway.desk.reset(
        alarm, who=worker, occurrence=seen.occurrence, sequence=seen.sequence, text=seen.text
    )


@router.post(
    "/{alarm}/shelve",
    summary="Shelve an alarm",
    response_model=suppression_schemas.Suppression,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def shelve(
    gateway: Gateway, who: Shelver, alarm: AlarmId, asked: suppression_schemas.ShelveSeen
) -> Suppression:
    """It leaves the list of open alarms and comes back then, if its condition still holds. A
    conflict when it has moved on since it was seen, is never shelved, or not for so long."""
    return await gateway.suppressions.shelve_alarm(
        alarm,
        occurrence=asked.occurrence,
        sequence=asked.sequence,
        until=from_datetime(asked.until),
        reason=asked.reason,
        who=who,
    )
