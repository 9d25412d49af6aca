"""Readings as a table, to take away."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from gateway.api.documented import Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Malformed, Missing, Refused
from gateway.history.export import Part, Table, csv_parts, matching
from gateway.history.protocol import check_bounds
from gateway.model.clock import from_datetime
from gateway.security.roles import Right

router = APIRouter(tags=["points"], dependencies=[Depends(may(Right.READ))])

_EXAMPLE = (
    "point,taken_at,number,state,event,unit,quality\r\n"
    "roof-tank/level,2026-05-01T16:00:00.250000+08:00,1.42,,,m,good\r\n"
)


@router.get(
    "/export",
    summary="Export readings as CSV",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The table.", "content": {"text/csv": {"example": _EXAMPLE}}},
        **documented(*ANY_SIGNED_IN, Missing),
    },
)
async def export_readings(
    gateway: Gateway,
    point: Annotated[
        list[str],
        Query(
            min_length=1,
            max_length=1_000,
            description="Points by id or pattern; say it again for each.",
            examples=[["roof-tank/*"]],
        ),
    ],
    start: Annotated[Moment, Query(description="First instant.")],
    end: Annotated[Moment, Query(description="First instant after.")],
    harmless: Annotated[
        bool,
        Query(description="Put an apostrophe before texts a spreadsheet would take for formulas."),
    ] = True,
) -> StreamingResponse:
    """Every reading taken from start to end, point by point, oldest first; times with the site's
    offset. A table that is cut off lacks its end: the connection then breaks instead of closing."""
    site = gateway.site
    first, last = from_datetime(start), from_datetime(end)
    try:
        check_bounds(first, last)
    except Refused as refused:
        raise Malformed(refused.subject, refused.problem, refused.remedy) from refused
    table = Table(matching(site.points, point), first, last, site.time_zone, harmless)
    parts = csv_parts(gateway.history, table)
    # Before anything is answered: a history that does not answer is an error, not half a table.
    begun = await anext(parts)
    name = f"{site.id}-{start:%Y%m%dT%H%M%S}-{end:%Y%m%dT%H%M%S}.csv"
    return StreamingResponse(
        _texts(begun, parts),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _texts(begun: Part, parts: AsyncIterator[Part]) -> AsyncIterator[bytes]:
    yield begun.text
    async for part in parts:
        yield part.text
