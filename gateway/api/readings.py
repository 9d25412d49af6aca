"""History."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.api import schemas
from gateway.api.devices import DeviceId, PointName, find_point
from gateway.api.documented import Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Malformed, Missing, Refused
from gateway.history.protocol import LEAST_PICTURE, MOST_BUCKETS, Bucket
from gateway.history.spans import durations
from gateway.model.clock import SECOND, Micros, from_datetime
from gateway.model.point import Point
from gateway.security.roles import Right

router = APIRouter(tags=["points"], dependencies=[Depends(may(Right.READ))])

Start = Annotated[Moment, Query(description="First instant.")]
End = Annotated[Moment, Query(description="First instant after.")]
Buckets = Annotated[int, Query(ge=1, le=MOST_BUCKETS, description="At most so many.")]
PointIds = Annotated[
    list[str],
    Query(
        min_length=1,
        max_length=100,
        description="Points by their ids; say it again for each.",
        examples=[["roof-tank/level"]],
    ),
]
Most = Annotated[
    int, Query(ge=LEAST_PICTURE, le=MOST_BUCKETS, description="About so many readings.")
]


@router.get(
    "/points/{device}/{name}/readings",
    summary="Look at a point's history",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_readings(
    gateway: Gateway,
    device: DeviceId,
    name: PointName,
    start: Start,
    end: End,
    buckets: Buckets = 300,
) -> schemas.Series:
    """Equal buckets from start on, the last one cut at end. A bucket without readings is a gap."""
    point = find_point(gateway.site.points, device, name)
    with _bounds_of_a_request():
        first, last = from_datetime(start), from_datetime(end)
        found = await gateway.history.range([point.id], first, last, buckets)
    return _series(point, first, last, found[point.id])


@router.get(
    "/readings",
    summary="Look at the history of several points",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_several(
    gateway: Gateway,
    point: PointIds,
    start: Start,
    end: End,
    buckets: Buckets = 100,
) -> list[schemas.Series]:
    """The same buckets of each point, in the order asked for: points times buckets may be 10,000
    at most."""
    points = [find_point(gateway.site.points, *_device_and_name(wanted)) for wanted in point]
    if len(points) * buckets > MOST_BUCKETS:
        told = f"{len(points)} points times {buckets} are more than {MOST_BUCKETS}"
        raise Malformed("buckets", told, "ask for fewer")
    with _bounds_of_a_request():
        first, last = from_datetime(start), from_datetime(end)
        found = await gateway.history.range([one.id for one in points], first, last, buckets)
    return [_series(one, first, last, found[one.id]) for one in points]


@router.get(
    "/points/{device}/{name}/picture",
    summary="Draw a number's curve",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_picture(
    gateway: Gateway,
    device: DeviceId,
    name: PointName,
    start: Start,
    end: End,
    most: Most = 600,
) -> schemas.Picture:
    """The readings that draw the curve: all when there are few, else those chosen by shape (LTTB),
    so that peaks stay. A reading without a value is a gap."""
    point = find_point(gateway.site.points, device, name)
    with _bounds_of_a_request():
        first, last = from_datetime(start), from_datetime(end)
        samples = await gateway.history.picture(point.id, first, last, most)
    return schemas.Picture.model_validate(
        {"point": point.id, "unit": point.unit, "start": first, "end": last, "readings": samples}
    )


@router.get(
    "/points/{device}/{name}/spans",
    summary="Look at how long each state lasted",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_spans(
    gateway: Gateway, device: DeviceId, name: PointName, start: Start, end: End
) -> schemas.Spans:
    """A state's spans from start to end without gaps, and how long each state lasted altogether.
    Null is a time in which nothing was known. At most 10,000 spans: ask for a shorter time."""
    point = find_point(gateway.site.points, device, name)
    with _bounds_of_a_request():
        first, last = from_datetime(start), from_datetime(end)
        spans = await gateway.history.spans(point.id, first, last)
    if len(spans) > MOST_BUCKETS:
        told = f"{len(spans)} spans of {point.id} are more than {MOST_BUCKETS}"
        raise Malformed("start, end", told, "ask for a shorter time")
    lasted = [
        {"state": state, "seconds": time / SECOND} for state, time in durations(spans).items()
    ]
    return schemas.Spans.model_validate(
        {"point": point.id, "start": first, "end": last, "spans": spans, "lasted": lasted}
    )


@contextmanager
def _bounds_of_a_request() -> Iterator[None]:
    """What a history refuses are bounds that make no sense."""
    try:
        yield
    except Refused as refused:
        raise Malformed(refused.subject, refused.problem, refused.remedy) from refused


def _device_and_name(point: str) -> tuple[str, str]:
    device, _, name = point.rpartition("/")
    return device, name


def _series(
    point: Point, start: Micros, end: Micros, buckets: tuple[Bucket, ...]
) -> schemas.Series:
    return schemas.Series.model_validate(
        {"point": point.id, "unit": point.unit, "start": start, "end": end, "buckets": buckets}
    )
