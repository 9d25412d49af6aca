"""The roster: who belongs to which team."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from gateway.api import shift_schemas as schemas
from gateway.api.documented import STORABLE
from gateway.api.guard import acting, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.desk.roster import Place
from gateway.errors import Missing
from gateway.model.actor import Actor
from gateway.model.clock import from_datetime
from gateway.security.roles import Right

router = APIRouter(prefix="/roster", tags=["shifts"], dependencies=[Depends(may(Right.READ))])

User = Annotated[
    str, Path(max_length=64, pattern=STORABLE, description="A user's name.", examples=["li.wei"])
]


@router.get(
    "",
    summary="Look at the roster",
    response_model=list[schemas.Place],
    responses=documented(*ANY_SIGNED_IN),
)
async def look_at_roster(gateway: Gateway) -> Sequence[Place]:
    """By user: where everybody belongs now, and is going to."""
    return await gateway.roster.places()


@router.put(
    "/{user}",
    summary="Say where a user belongs",
    response_model=schemas.Place,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def put_on_roster(
    gateway: Gateway,
    who: Annotated[Actor, Depends(acting(Right.MANAGE_SHIFTS))],
    user: User,
    place: schemas.NewPlace,
) -> Place:
    """From now on, or from a later time on. What was told last counts."""
    since = None if place.since is None else from_datetime(place.since)
    return await gateway.roster.put(user, place.team, since, who=who)
