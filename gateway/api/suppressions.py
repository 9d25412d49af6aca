"""What keeps alarms from the operator."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from gateway.alarms.suppression import OutOfService, Shelving
from gateway.api import suppression_schemas as schemas
from gateway.api.guard import Engineer, Shelver, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.desk.suppressions import Quiet
from gateway.errors import Missing, Refused
from gateway.model.alarm import Suppression
from gateway.model.clock import from_datetime
from gateway.security.identity import TooManyAttempts
from gateway.security.roles import Right

router = APIRouter(
    prefix="/suppressions", tags=["suppressions"], dependencies=[Depends(may(Right.READ))]
)

Number = Annotated[int, Path(ge=1, lt=2**31, description="A suppression's id.", examples=[3])]


@router.get(
    "",
    summary="List what is suppressed",
    response_model=list[schemas.Quiet],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_suppressions(gateway: Gateway) -> list[schemas.Quiet]:
    """Everything that is quiet now: shelved, out of service, by design, or waiting for a parent's
    alarm; with since when, until when, by whom and why, and its alarm if one has come."""
    return [_shown(quiet) for quiet in await gateway.suppressions.quiet()]


@router.post(
    "/shelve",
    summary="Shelve a rule",
    response_model=schemas.Suppression,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def shelve_rule(gateway: Gateway, who: Shelver, asked: schemas.ShelveRule) -> Suppression:
    """Its alarm is recorded and not announced until then. A conflict for fire, panic, forced doors
    and duress, for too long, without a reason, or when it is shelved already."""
    shelving = Shelving(asked.rule, from_datetime(asked.until), asked.reason)
    return await gateway.suppressions.shelve(shelving, who=who)


@router.post(
    "/out-of-service",
    summary="Take a rule out of service",
    response_model=schemas.Suppression,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused, TooManyAttempts),
)
async def take_out_of_service(
    gateway: Gateway, who: Engineer, asked: schemas.OutOfService
) -> Suppression:
    """For work on the plant, until the review date. A conflict without a work order, a reason, or
    a second person who may do this too and says so with their own password."""
    second, right = asked.approved_by, Right.OUT_OF_SERVICE
    await gateway.accounts.countersign(second, asked.approval, right, address=who.place)
    wanted = OutOfService(
        rule=asked.rule,
        review=from_datetime(asked.review),
        work_order=asked.work_order,
        approved_by=asked.approved_by,
        reason=asked.reason,
    )
    return await gateway.suppressions.out_of_service(wanted, who=who)


@router.post(
    "/{suppression}/unshelve",
    summary="Unshelve",
    response_model=schemas.Suppression,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def unshelve(
    gateway: Gateway, who: Shelver, suppression: Number, ending: schemas.Ending
) -> Suppression:
    """If the condition still holds and nothing else keeps it quiet, the alarm is announced at once.
    A conflict when it is over, or no shelving."""
    return await gateway.suppressions.unshelve(suppression, who=who, reason=ending.reason)


@router.post(
    "/{suppression}/back-in-service",
    summary="Put a rule back in service",
    response_model=schemas.Suppression,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def put_back_in_service(
    gateway: Gateway, who: Engineer, suppression: Number, ending: schemas.Ending
) -> Suppression:
    """If the condition still holds and nothing else keeps it quiet, the alarm is announced at once.
    A conflict when it is over, or not out of service."""
    return await gateway.suppressions.back_in_service(suppression, who=who, reason=ending.reason)


def _shown(quiet: Quiet) -> schemas.Quiet:
    title = None if quiet.rule is None else quiet.rule.title
    shown = {"suppression": quiet.suppression, "title": title, "alarm": quiet.alarm}
    return schemas.Quiet.model_validate(shown, from_attributes=True)
