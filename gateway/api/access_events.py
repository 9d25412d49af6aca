"""Who went through where."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from gateway.access.event_log import Logged, Wanted
from gateway.api.documented import STORABLE, Documented, Instant, Moment
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.schemas import DeviceId, PointId
from gateway.api.wiring import Gateway
from gateway.model.clock import Micros, from_datetime, to_datetime
from gateway.security.roles import Right
from gateway.services import Services
from gateway.spreadsheet import BOM, csv_lines, harmless

router = APIRouter(
    prefix="/access-events", tags=["access"], dependencies=[Depends(may(Right.READ))]
)

SLICE: Final = 1_000

COLUMNS: Final = (
    *("received_at", "taken_at", "device", "name", "what", "result", "direction", "holder"),
    *("credential", "plate", "reader", "reason"),
)
"""Of the CSV; those from `result` on are keys of the event."""

_EXAMPLE = (
    "received_at,taken_at,device,name,what,result,direction,holder,credential,plate,reader,reason\r\n"
    "2026-05-01T16:00:00.310000+08:00,2026-05-01T16:00:00.250000+08:00,north-door,北门,access,"
    "granted,in,Li Wei,04A1B2,,north,\r\n"
)


class AccessEvent(Documented):
    """A card, a plate, a passage."""

    id: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])
    device: DeviceId = Field(examples=["north-door"])
    point: PointId = Field(examples=["north-door/access"])
    value: dict[str, Any] = Field(
        examples=[{"result": "granted", "holder": "Li Wei", "direction": "in", "reader": "north"}]
    )
    taken_at: Instant
    """When it happened, by the device's clock where it has one."""
    received_at: Instant
    """When the gateway learned of it; much later where the device was cut off meanwhile."""


async def _wanted(
    device: Annotated[
        str | None, Query(max_length=64, pattern=STORABLE, description="Of one device only.")
    ] = None,
    who: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=STORABLE,
            description="Holder, credential or plate has this in it.",
        ),
    ] = None,
    start: Annotated[
        Moment | None, Query(alias="from", description="Happened then or later.")
    ] = None,
    end: Annotated[Moment | None, Query(alias="to", description="Happened before that.")] = None,
) -> Wanted:
    return Wanted(device, who, _instant(start), _instant(end))


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get(
    "",
    summary="List cards, plates and passages",
    response_model=list[AccessEvent],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_access_events(
    gateway: Gateway,
    wanted: Asked,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 200,
) -> list[Logged]:
    """In the order in which the gateway learned of them, the last one first."""
    return await gateway.access_log.newest(wanted, limit)


@router.get(
    ".csv",
    summary="Export cards, plates and passages as CSV",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The table.", "content": {"text/csv": {"example": _EXAMPLE}}},
        **documented(*ANY_SIGNED_IN),
    },
)
async def export_access_events(gateway: Gateway, wanted: Asked) -> StreamingResponse:
    """The same, all of them; UTF-8 with a byte order mark, times with the site's offset. Texts that
    a spreadsheet would take for a formula begin with an apostrophe."""
    first = await gateway.access_log.newest(wanted, SLICE)
    name = f"{gateway.site.id}-access-events.csv"
    return StreamingResponse(
        _table(gateway, wanted, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _table(services: Services, wanted: Wanted, part: list[Logged]) -> AsyncIterator[bytes]:
    yield BOM.encode() + csv_lines([COLUMNS])
    while part:
        yield csv_lines([_cells(services, event) for event in part])
        part = await services.access_log.newest(wanted, SLICE, before=part[-1])


def _cells(services: Services, event: Logged) -> list[str]:
    device = next((d for d in services.site.devices if d.id == event.device), None)
    told = [event.value.get(column) for column in COLUMNS[5:]]
    cells = [
        _local(services, event.received_at),
        _local(services, event.taken_at),
        event.device,
        "" if device is None else device.name.zh,
        event.point.rpartition("/")[2],
        *("" if word is None else str(word) for word in told),
    ]
    return [harmless(cell) for cell in cells]


def _local(services: Services, instant: Micros) -> str:
    return to_datetime(instant).astimezone(services.site.time_zone).isoformat()


def _instant(moment: Moment | None) -> Micros | None:
    return None if moment is None else from_datetime(moment)
