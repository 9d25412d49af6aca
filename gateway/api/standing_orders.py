"""Doors, barriers and zones that stand otherwise than as a rule."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api.documented import Documented, Instant
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.schemas import DeviceId, Words
from gateway.api.wiring import Gateway
from gateway.model import standing_order
from gateway.security.roles import Right

router = APIRouter(tags=["commands"], dependencies=[Depends(may(Right.READ))])


class StandingOrder(Documented):
    """What somebody has ordered that stays so."""

    device: DeviceId = Field(examples=["north-door"])
    place: Words
    state: str = Field(examples=["locked-down"])
    """A door: unlocked, blocked, locked-down, locked-open. A barrier: held-open, locked-open,
    blocked. A zone: disarmed, part-armed, walk-test by a person's order; bypassed, of one line."""
    line: str | None = Field(examples=["fence/line"])
    """The point of the line that is bypassed."""
    until: Instant | None = Field(examples=["2026-05-01T15:00:00Z"])
    """When it ends by itself."""
    since: Instant | None = Field(examples=["2026-05-01T12:00:00Z"])
    """When it was ordered; null where that is not on record."""
    who: str = Field(examples=["li.wei"])
    """`gateway` where it asked by itself, as for a fire."""
    reason: str = Field(examples=["Somebody with a knife at the north gate"])


@router.get(
    "/standing-orders",
    summary="List what stands otherwise than as a rule",
    response_model=list[StandingOrder],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_standing_orders(gateway: Gateway) -> Sequence[standing_order.StandingOrder]:
    """By device: doors and barriers blocked, locked down or held open, lines bypassed, zones that
    people disarmed; each with who, why, since when and until when."""
    return await gateway.standing_orders.all()
