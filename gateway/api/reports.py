"""Reports per shift, week and month, and the records they come from as tables."""

import asyncio
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from gateway.api import report_schemas
from gateway.api.documented import Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Malformed
from gateway.model.clock import Micros, from_datetime, to_datetime
from gateway.model.text import Language
from gateway.reports.html import to_html
from gateway.reports.period import Span
from gateway.reports.sheet import Sheet, sheet
from gateway.security.roles import Right
from gateway.services import Services

router = APIRouter(prefix="/reports", tags=["reports"], dependencies=[Depends(may(Right.READ))])


class Format(StrEnum):
    """As what a report comes."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"


class Records(StrEnum):
    """What there is as a table."""

    TICKETS = "tickets"
    ALARMS = "alarms"
    VEHICLES = "vehicles"


_TABLE = "number,opened_at,closed_at,state,…\r\n12,2026-05-01T16:00:00+08:00,,accepted,…\r\n"


@router.get(
    "/{records}.csv",
    summary="Export tickets, alarms or vehicles as CSV",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The table.", "content": {"text/csv": {"example": _TABLE}}},
        **documented(*ANY_SIGNED_IN),
    },
)
async def export_records(
    gateway: Gateway,
    records: Annotated[
        Records, Path(description="Tickets by their opening; every move of alarms; vehicles.")
    ],
    start: Annotated[Moment, Query(alias="from", description="First instant.")],
    end: Annotated[Moment, Query(alias="to", description="First instant after.")],
) -> StreamingResponse:
    """UTF-8 with a byte order mark, times with the site's offset. Texts that a spreadsheet would
    take for a formula begin with an apostrophe."""
    if end <= start:
        raise Malformed("window", "ends before it begins", "give a later end")
    window = from_datetime(start), from_datetime(end)
    tables = {
        Records.TICKETS: gateway.reports.tickets,
        Records.ALARMS: gateway.reports.alarms,
        Records.VEHICLES: gateway.reports.vehicles,
    }
    name = f"{gateway.site.id}-{records}-{start:%Y%m%dT%H%M%S}-{end:%Y%m%dT%H%M%S}.csv"
    return StreamingResponse(
        tables[records](*window), media_type="text/csv; charset=utf-8", headers=_attached(name)
    )


@router.get(
    "/{span}",
    summary="Report of a shift, a week or a month",
    response_model=report_schemas.Report,
    responses={
        200: {
            "description": "The report.",
            "content": {
                "text/html": {"example": "<!doctype html>…"},
                "application/pdf": {"example": "%PDF-1.7 …"},
            },
        },
        **documented(*ANY_SIGNED_IN),
    },
)
async def report(
    gateway: Gateway,
    span: Annotated[Span, Path(description="How long a time it is about.")],
    at: Annotated[
        Moment | None, Query(description="Any instant in it; without, the present one.")
    ] = None,
    format: Annotated[Format, Query(description="As what it comes.")] = Format.HTML,
    lang: Annotated[Language, Query(description="Its language; JSON has both.")] = Language.ZH,
) -> Response:
    """What was raised and how fast it was dealt with, what is open and late, repeats, false alarms,
    and how the alarm system performs. A week begins on Monday; one that still lasts is reported so
    far."""
    found = await gateway.reports.of(span, None if at is None else from_datetime(at))
    if format is Format.JSON:
        told = report_schemas.Report.model_validate(found)
        return Response(told.model_dump_json(), media_type="application/json")
    told_in = sheet(found, gateway.site.name, gateway.site.time_zone, lang)
    if format is Format.HTML:
        return HTMLResponse(to_html(told_in))
    pdf = await asyncio.to_thread(_pdf, told_in, found.until)
    name = f"{gateway.site.id}-{span}-{_day(gateway, found.period.start)}.pdf"
    return Response(pdf, media_type="application/pdf", headers=_attached(name))


def _pdf(told: Sheet, until: Micros) -> bytes:
    # Loaded with the first one: 32 MB that most days nobody asks for.
    from gateway.reports.pdf import to_pdf  # noqa: PLC0415

    return to_pdf(told, until)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _day(gateway: Services, at: int) -> str:
    return f"{to_datetime(at).astimezone(gateway.site.time_zone):%Y%m%d-%H%M}"
