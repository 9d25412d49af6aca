"""Tickets."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from gateway.api import ticket_schemas as schemas
from gateway.api.guard import Worker, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.desk.desk import TicketFile
from gateway.errors import Missing, Refused
from gateway.model.ticket import Ticket
from gateway.security.roles import Right

router = APIRouter(prefix="/tickets", tags=["tickets"], dependencies=[Depends(may(Right.READ))])

Number = Annotated[int, Path(ge=1, lt=2**31, description="A ticket's number.", examples=[5])]


@router.get(
    "",
    summary="List tickets",
    response_model=list[schemas.Ticket],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_tickets(
    gateway: Gateway,
    closed: Annotated[bool, Query(description="Closed ones, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=5_000, description="At most so many.")] = 200,
) -> list[Ticket]:
    """Tickets not closed, most urgent first; with closed, all of them, newest first."""
    return await gateway.desk.tickets(closed=closed, limit=limit)


@router.get(
    "/{number}",
    summary="Look at a ticket",
    response_model=schemas.TicketFile,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_ticket(gateway: Gateway, number: Number) -> TicketFile:
    """The ticket with its history and its alarms."""
    return await gateway.desk.ticket(number)


@router.post(
    "/{number}/acts",
    summary="Work a ticket",
    response_model=schemas.Ticket,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def act(gateway: Gateway, worker: Worker, number: Number, doing: schemas.Doing) -> Ticket:
    """Acknowledge, dispatch, arrive, reset a latched alarm, resolve, close, or note. A conflict
    when the ticket has moved on since it was seen, or the act is impossible now."""
    return await gateway.desk.act(number, doing.doing(), who=worker, version=doing.version)
