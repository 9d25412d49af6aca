"""The register of keys and radios."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from gateway.api import shift_schemas as schemas
from gateway.api.guard import Worker, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.handover import KeyLoan
from gateway.security.roles import Right

router = APIRouter(prefix="/keys", tags=["shifts"], dependencies=[Depends(may(Right.READ))])

Number = Annotated[int, Path(ge=1, lt=2**31, description="A loan's id.", examples=[31])]


@router.get(
    "",
    summary="List keys that are out",
    response_model=list[schemas.KeyLoan],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_keys(
    gateway: Gateway,
    returned: Annotated[bool, Query(description="Those returned, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 200,
) -> Sequence[KeyLoan]:
    """Longest out first; with returned, all loans, newest first."""
    return await gateway.keys.loans(returned=returned, limit=limit)


@router.post(
    "",
    summary="Lend a key",
    status_code=201,
    response_model=schemas.KeyLoan,
    responses=documented(*ANY_SIGNED_IN, Refused),
)
async def lend_key(gateway: Gateway, worker: Worker, loan: schemas.NewLoan) -> KeyLoan:
    """Until the end of the day. A conflict while somebody has it."""
    return await gateway.keys.lend(loan.key, loan.holder, who=worker)


@router.post(
    "/{number}/return",
    summary="Take a key back",
    response_model=schemas.KeyLoan,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def take_key_back(gateway: Gateway, worker: Worker, number: Number) -> KeyLoan:
    """A conflict when it is back already."""
    return await gateway.keys.take_back(number, who=worker)
