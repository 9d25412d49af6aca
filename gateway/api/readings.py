"""History."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.api import schemas
from gateway.api.devices import DeviceId, PointName, find_point
from gateway.api.documented import Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Malformed, Missing, Refused
from gateway.history.protocol import MOST_BUCKETS
from gateway.model.clock import from_datetime
from gateway.security.roles import Right

router = APIRouter(tags=["points"], dependencies=[Depends(may(Right.READ))])


@router.get(
    "/points/{device}/{name}/readings",
    summary="Look at a point's history",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_readings(
    gateway: Gateway,
    device: DeviceId,
    name: PointName,
    start: Annotated[Moment, Query(description="First instant.")],
    end: Annotated[Moment, Query(description="First instant after.")],
    buckets: Annotated[int, Query(ge=1, le=MOST_BUCKETS, description="At most so many.")] = 300,
) -> schemas.Series:
    """Equal buckets from start on, the last one cut at end. A bucket without readings is a gap."""
    point = find_point(gateway.site.points, device, name)
    bounds = from_datetime(start), from_datetime(end)
    try:
        found = await gateway.history.range([point.id], *bounds, buckets)
    except Refused as refused:  # bounds that make no sense
        raise Malformed(refused.subject, refused.problem, refused.remedy) from refused
    return schemas.Series.model_validate(
        {
            "point": point.id,
            "unit": point.unit,
            "start": bounds[0],
            "end": bounds[1],
            "buckets": found[point.id],
        }
    )
