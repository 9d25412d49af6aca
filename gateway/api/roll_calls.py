"""Who is inside, for a muster."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from gateway.access.roll_call import Present, Where
from gateway.api.documented import Documented, Instant
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.schemas import DeviceId
from gateway.api.wiring import Gateway
from gateway.errors import Missing
from gateway.model.clock import to_datetime
from gateway.security.roles import Right
from gateway.spreadsheet import BOM, csv_lines, harmless

router = APIRouter(prefix="/roll-calls", tags=["access"], dependencies=[Depends(may(Right.READ))])

COLUMNS: Final = ("holder", "credential", "where", "door", "name", "since")

_EXAMPLE = (
    "holder,credential,where,door,name,since\r\n"
    "Li Wei,04A1B2,inside,north-door,北门,2026-05-01T16:00:00+08:00\r\n"
)

Area = Annotated[str, Path(max_length=64, description="A device of kind passback.")]


class PersonInside(Documented):
    """Somebody who has gone in and has not been seen to leave."""

    who: str = Field(examples=["6f1e09a7c54d2b8830ad41e2"])
    """What the command forgive calls them: `person`."""
    where: Where = Field(examples=["inside"])
    """leaving: was let out, and nobody knows yet whether they went."""
    holder: str = Field(examples=["Li Wei"])
    """Empty where the door tells of none."""
    credential: str = Field(examples=["04A1B2"])
    door: DeviceId = Field(examples=["north-door"])
    """By which they went in."""
    since: Instant


@router.get(
    "/{area}",
    summary="List who is inside",
    response_model=list[PersonInside],
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def list_inside(gateway: Gateway, area: Area) -> tuple[Present, ...]:
    """Of an anti-passback area, by holder. It goes on through a fire and after it: whoever was
    inside and has not been seen to leave is on it."""
    return gateway.roll_calls.of(area)


@router.get(
    "/{area}/people.csv",
    summary="Export who is inside as CSV",
    response_class=Response,
    responses={
        200: {"description": "The table.", "content": {"text/csv": {"example": _EXAMPLE}}},
        **documented(*ANY_SIGNED_IN, Missing),
    },
)
async def export_inside(gateway: Gateway, area: Area) -> Response:
    """The same; UTF-8 with a byte order mark, times with the site's offset. Texts that a
    spreadsheet would take for a formula begin with an apostrophe."""
    site = gateway.site
    names = {device.id: device.name.zh for device in site.devices}
    rows = [
        (
            *(harmless(text) for text in (each.holder, each.credential)),
            *(each.where.value, each.door, names.get(each.door, "")),
            to_datetime(each.since).astimezone(site.time_zone).isoformat(),
        )
        for each in gateway.roll_calls.of(area)
    ]
    return Response(
        BOM.encode() + csv_lines([COLUMNS, *rows]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{site.id}-{area}-inside.csv"'},
    )
