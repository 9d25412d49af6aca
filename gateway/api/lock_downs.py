"""All doors of an area, or of the site, locked down in one act."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.access import proof
from gateway.access.authority import Asked, CommandRefused
from gateway.api import command_schemas as schemas
from gateway.api.documented import Documented, Sentence, example_of
from gateway.api.guard import acting, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.schemas import DeviceId
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.actor import Actor
from gateway.model.command import Action
from gateway.security.identity import NotAllowed, TooManyAttempts
from gateway.security.roles import Right

router = APIRouter(prefix="/lock-downs", tags=["commands"], dependencies=[Depends(may(Right.READ))])

Asker = Annotated[Actor, Depends(acting(Right.READ))]
"""Whether they may is decided where it is put on record."""


class LockDownOrder(Documented):
    """Which doors, and why."""

    action: Literal[Action.LOCK_DOWN, Action.END_LOCK_DOWN] = Field(examples=["lock-down"])
    area: schemas.Name | None = Field(default=None, examples=["tower-a"])
    """`area` of the doors in the site file; null: all doors of the site."""
    reason: Sentence = Field(default="", examples=["Somebody with a knife at the north gate"])
    """Needed; without it they are refused, and that is on record."""
    password: schemas.Secret | None = Field(
        default=None, examples=["correct horse battery"], repr=False
    )
    """One's own, once more: where a door's view says second_factor."""
    second: schemas.SecondPerson | None = Field(
        default=None, examples=[example_of(schemas.SecondPerson)]
    )
    """Where a door's view says second_person."""


class DoorOutcome(schemas.Outcome):
    """How the command to one of the doors ended."""

    device: DeviceId = Field(examples=["north-door"])


class LockedDown(Documented):
    """A door that is locked down."""

    device: DeviceId = Field(examples=["north-door"])
    area: str | None = Field(examples=["tower-a"])
    not_shut: Mapping[str, str] = Field(examples=[{"lock": "unlocked"}])
    """The points by which it does not show that it is shut and locked, with what each says;
    `unknown` where nothing sure is known. Look at these doors by camera."""


@router.post(
    "",
    summary="Lock all doors down, or end it",
    responses=documented(*ANY_SIGNED_IN, Missing, Refused, TooManyAttempts),
)
async def lock_down_doors(gateway: Gateway, who: Asker, order: LockDownOrder) -> list[DoorOutcome]:
    """One act on record, and one command to each door, as if it were asked of that door alone. The
    answer comes when all have ended; which of them were not confirmed it says by `result`. Its end
    is asked of those doors that are locked down. A conflict, with its code, when it was refused as
    a whole: then no door was asked."""
    asked = Asked("", order.action, order.reason)
    shown = proof.Proof(order.password)
    if order.second is not None:
        shown = proof.Proof(order.password, order.second.user, order.second.password)
    ask = partial(gateway.lock_downs.ask, order.area)
    done = await proof.ask(ask, gateway.accounts, asked, shown, who)
    if done.refused == "not-allowed":
        raise NotAllowed(f"doors {order.action}", f"role {who.role} may not command it")
    if done.refused is not None:
        raise CommandRefused(order.area or "site", order.action, done.refused)
    return [
        DoorOutcome(device=door, result=each.result, code=each.code, detail=dict(each.detail))
        for door, each in done.doors.items()
    ]


@router.get("", summary="List the doors that are locked down", responses=documented(*ANY_SIGNED_IN))
async def list_locked_down(gateway: Gateway) -> list[LockedDown]:
    """Each with what speaks against its being shut."""
    downs = gateway.lock_downs
    return [
        LockedDown(device=door.id, area=door.area, not_shut=downs.not_shut(door))
        for door in downs.locked_down()
    ]
