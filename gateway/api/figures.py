"""How the alarm system performs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.alarms.figures import Figures
from gateway.api import figure_schemas
from gateway.api.documented import Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.model.clock import from_datetime
from gateway.security.roles import Right

router = APIRouter(prefix="/alarms", tags=["alarms"], dependencies=[Depends(may(Right.READ))])


@router.get(
    "/figures",
    summary="Figures of the alarm system",
    response_model=figure_schemas.Figures,
    responses=documented(*ANY_SIGNED_IN),
)
async def figures(
    gateway: Gateway,
    start: Annotated[Moment, Query(alias="from", description="First instant.")],
    end: Annotated[Moment, Query(alias="to", description="First instant after.")],
) -> Figures:
    """Rates, peaks, floods, bad actors, priorities and times to acknowledge, by ISA-18.2 and EEMUA
    191. Only what the operator was told of counts; what was suppressed is counted apart."""
    return await gateway.performance.figures(from_datetime(start), from_datetime(end))


@router.get(
    "/flood",
    summary="The alarm flood of now",
    responses=documented(*ANY_SIGNED_IN),
)
async def flood(gateway: Gateway) -> figure_schemas.FloodLook:
    """Nothing is lost in a flood: every alarm keeps its ticket."""
    lasting = await gateway.performance.flood()
    return figure_schemas.FloodLook.model_validate({"now": lasting})
