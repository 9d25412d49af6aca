"""Commands to doors, barriers and zones."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.access import proof
from gateway.access.authority import Asked, CommandRefused
from gateway.api import command_schemas as schemas
from gateway.api.devices import DeviceId, find_device
from gateway.api.documented import STORABLE
from gateway.api.guard import acting, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.actor import Actor
from gateway.model.command import Outcome, Result
from gateway.security.identity import NotAllowed, TooManyAttempts
from gateway.security.roles import Right

router = APIRouter(tags=["commands"], dependencies=[Depends(may(Right.READ))])

Asker = Annotated[Actor, Depends(acting(Right.READ))]
"""Whether they may is decided where it is put on record."""


@router.post(
    "/devices/{device}/commands",
    summary="Have a device do something",
    response_model=schemas.Outcome,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused, TooManyAttempts),
)
async def command_device(
    gateway: Gateway, who: Asker, device: DeviceId, order: schemas.Order
) -> Outcome:
    """Sent once, at once or never; answers when a reading shows that it was done, or has not within
    the command's time (some seconds). A conflict, with its code, when it was refused. All of it is
    on record, also what was refused."""
    find_device(gateway.site.devices, device)
    asked = Asked(device, order.action, order.reason, order.parameters)
    shown = proof.Proof(order.password)
    if order.second is not None:
        shown = proof.Proof(order.password, order.second.user, order.second.password)
    right = gateway.commands.right_to(asked)
    outcome = await proof.ask(gateway.commands.ask, gateway.accounts, asked, shown, who, right)
    if outcome.code == "not-allowed":
        raise NotAllowed(f"{device} {order.action}", f"role {who.role} may not command it")
    if outcome.result is Result.REFUSED:
        raise CommandRefused(device, order.action, outcome.code, outcome.detail)
    return outcome


@router.get(
    "/commands",
    summary="List commands",
    responses=documented(*ANY_SIGNED_IN),
)
async def list_commands(
    gateway: Gateway,
    device: Annotated[
        str | None,
        Query(max_length=64, pattern=STORABLE, description="Of one device only."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 200,
) -> list[schemas.Command]:
    """Newest first, those refused and what the gateway asked for by itself too."""
    return [schemas.shown(recorded) for recorded in await gateway.commands.newest(limit, device)]
