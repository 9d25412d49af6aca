"""Shifts, and how one hands over to the next."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from gateway.api import shift_schemas as schemas
from gateway.api.documented import Moment
from gateway.api.guard import Worker, may, place_of
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.desk.duty import Duty
from gateway.errors import Missing, Refused
from gateway.model.actor import Actor
from gateway.model.clock import from_datetime
from gateway.model.handover import Handover, Note
from gateway.model.shift import Shift
from gateway.security.identity import Identity, NotAllowed, Via
from gateway.security.roles import Right

router = APIRouter(tags=["shifts"], dependencies=[Depends(may(Right.READ))])

Number = Annotated[int, Path(ge=1, lt=2**31, description="A hand-over's number.", examples=[12])]


async def _in_person(
    request: Request, identity: Annotated[Identity, Depends(may(Right.HAND_OVER))]
) -> Actor:
    """Whoever is asking, if they may sign and are no program."""
    if identity.via is not Via.SESSION:
        raise NotAllowed("a signature", "is a person's own", "sign in")
    return Actor(identity.user, identity.role, place_of(request))


Signer = Annotated[Actor, Depends(_in_person)]


@router.get(
    "/shifts/now",
    summary="Look at who is on duty",
    response_model=schemas.Duty,
    responses=documented(*ANY_SIGNED_IN),
)
async def look_at_duty(gateway: Gateway) -> Duty:
    """The shift by the plan, the next one, and the team that is on duty in truth."""
    return await gateway.shifts.now()


@router.get(
    "/shifts",
    summary="List shifts by the plan",
    response_model=list[schemas.Shift],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_shifts(
    gateway: Gateway,
    start: Annotated[Moment, Query(description="First instant.")],
    end: Annotated[Moment, Query(description="First instant after.")],
) -> Sequence[Shift]:
    """All that run from start until before end, 400 days at most."""
    return gateway.shifts.between(from_datetime(start), from_datetime(end))


@router.get(
    "/handovers",
    summary="List hand-overs",
    response_model=list[schemas.Handover],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_handovers(
    gateway: Gateway,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 100,
) -> Sequence[Handover]:
    """Newest first, without their sheets."""
    return await gateway.shifts.handovers(limit)


@router.get(
    "/handovers/{number}",
    summary="Look at a hand-over",
    response_model=schemas.HandoverFile,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_handover(gateway: Gateway, number: Number) -> Handover:
    """With its sheet: as it was signed, or else as it would be now."""
    return await gateway.shifts.handover(number)


@router.post(
    "/handovers/{number}/signatures",
    summary="Sign a hand-over",
    response_model=schemas.HandoverFile,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def sign_handover(
    gateway: Gateway, signer: Signer, number: Number, signature: schemas.Signature
) -> Handover:
    """By a person who is signed in; not with a token. The leaving side signs first, which freezes
    the sheet; then another person for the team that takes over. A conflict for whoever may not
    sign it, or not now."""
    if signature.side is schemas.Side.LEAVING:
        return await gateway.shifts.leave(number, who=signer)
    return await gateway.shifts.take(number, who=signer)


@router.post(
    "/handovers/notes",
    summary="Note something for the next shift",
    status_code=201,
    response_model=schemas.Note,
    responses=documented(*ANY_SIGNED_IN, Refused),
)
async def add_note(gateway: Gateway, worker: Worker, note: schemas.NewNote) -> Note:
    """On the sheet that is signed next. A conflict for an empty one."""
    return await gateway.shifts.note(note.text, who=worker)
