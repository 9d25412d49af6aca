"""Tickets."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from gateway.api import ticket_schemas as schemas
from gateway.api.guard import Worker, may, require_right
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.desk.desk import TicketFile
from gateway.desk.states import TERMS
from gateway.errors import Missing, Refused
from gateway.model.ticket import Ticket
from gateway.security.identity import Identity
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
    "",
    summary="Open a ticket",
    status_code=HTTPStatus.CREATED,
    response_model=schemas.Ticket,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def open_ticket(gateway: Gateway, worker: Worker, report: schemas.Report) -> Ticket:
    """Of what a person reports by telephone or at the desk. A conflict when it does not say who,
    where, on which telephone, or what."""
    return await gateway.desk.open(report.report(), who=worker)


@router.post(
    "/{number}/acts",
    summary="Work a ticket",
    response_model=schemas.Ticket,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def act(
    gateway: Gateway,
    worker: Worker,
    identity: Annotated[Identity, Depends(may(Right.WORK))],
    number: Number,
    doing: schemas.Doing,
) -> Ticket:
    """Whatever people do to a ticket; call_back, close, merge and false_alarm need the right to end
    tickets. A conflict when the ticket has moved on since it was seen, the act is impossible now,
    or something that must go with it is missing."""
    require_right(identity, TERMS[doing.act].right)
    return await gateway.desk.act(number, doing.doing(), who=worker, version=doing.version)
