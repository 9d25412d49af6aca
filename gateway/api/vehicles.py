"""Passes, and vehicles that come and go."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from gateway.access.plates import Pass
from gateway.access.vehicles import GateRecord, OnSite
from gateway.api import vehicle_schemas as schemas
from gateway.api.guard import Worker, acting, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Malformed, Missing, Refused
from gateway.model.actor import Actor
from gateway.security.roles import Right

router = APIRouter(tags=["vehicles"], dependencies=[Depends(may(Right.READ))])

Number = Annotated[int, Path(ge=1, lt=2**31, description="Its id.", examples=[12])]
Registrar = Annotated[Actor, Depends(acting(Right.MANAGE_PASSES))]
Plate = Annotated[str | None, Query(max_length=40, description="Of this plate only.")]
Limit = Annotated[int, Query(ge=1, le=5_000, description="At most so many.")]


@router.get(
    "/passes",
    summary="List passes",
    response_model=list[schemas.Pass],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_passes(
    gateway: Gateway,
    plate: Plate = None,
    ended: Annotated[bool, Query(description="Those taken off the register, too.")] = False,
    limit: Limit = 200,
) -> Sequence[Pass]:
    """Newest first; also those whose time is over, until they are ended."""
    return await gateway.passes.passes(plate, ended=ended, limit=limit)


@router.post(
    "/passes",
    summary="Add a pass",
    status_code=201,
    response_model=schemas.Pass,
    responses=documented(*ANY_SIGNED_IN, Malformed),
)
async def add_pass(gateway: Gateway, who: Registrar, new: schemas.NewPassBody) -> Pass:
    """It counts at once. A pass is never altered: end it, and add another."""
    return await gateway.passes.add(new.new(), who=who)


@router.post(
    "/passes/{number}/end",
    summary="End a pass",
    response_model=schemas.Pass,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def end_pass(gateway: Gateway, who: Registrar, number: Number, why: schemas.Reason) -> Pass:
    """It counts no longer, at once. A conflict when it has been ended."""
    return await gateway.passes.end(number, why.reason, who=who)


@router.get(
    "/vehicles",
    summary="List vehicles on site",
    response_model=list[schemas.OnSite],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_vehicles(gateway: Gateway) -> Sequence[OnSite]:
    """Those that came in and have not gone, longest first."""
    return await gateway.vehicles.on_site()


@router.post(
    "/vehicles/left",
    summary="Note a vehicle that left unseen",
    response_model=schemas.GateRecord,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def note_left(gateway: Gateway, worker: Worker, left: schemas.Left) -> GateRecord:
    """It is on site no longer."""
    return await gateway.vehicles.leave(left.plate, left.reason, who=worker)


@router.get(
    "/gate-records",
    summary="List what came and went",
    response_model=list[schemas.GateRecord],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_gate_records(
    gateway: Gateway,
    plate: Plate = None,
    barrier: Annotated[str | None, Query(max_length=64, description="At this one only.")] = None,
    limit: Limit = 200,
) -> Sequence[GateRecord]:
    """Arrivals, passages, openings on order and by hand; newest first. All of them as a table:
    `/reports/vehicles.csv`."""
    return await gateway.vehicles.records(plate, barrier, limit)


@router.post(
    "/gate-records/{number}/reason",
    summary="Say why a barrier was opened by hand",
    response_model=schemas.GateRecord,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def explain_opening(
    gateway: Gateway, worker: Worker, number: Number, why: schemas.Reason
) -> GateRecord:
    """Once. A conflict when it has its reason, or needs none."""
    return await gateway.vehicles.explain(number, why.reason, who=worker)
