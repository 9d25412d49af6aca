"""Another system opens tickets and works them: signed messages, without a session."""

from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from gateway.api.documented import Documented, Sentence
from gateway.api.guard import place_of
from gateway.api.problems import MEDIA_TYPE, documented, problem_of, said_of_form
from gateway.api.ticket_schemas import Code, Line, Report
from gateway.api.ticket_schemas import Ticket as TicketToTell
from gateway.api.wiring import Gateway
from gateway.errors import Malformed, Missing, Refused, Unreachable
from gateway.model.actor import Actor
from gateway.model.ticket import Act, Doing, Source, Ticket
from gateway.outside.inbox import Answer
from gateway.security.audit import SYSTEM
from gateway.security.identity import NotSignedIn
from gateway.services import Services

router = APIRouter(prefix="/hooks", tags=["hooks"])

ROLE: Final = "webhook"


class NewWork(Report):
    """A ticket of that system's."""

    external: Line = Field(min_length=1, examples=["WO-2026-0042"])
    """Its number there. While a ticket with it is open, that one is answered."""


class Worked(Documented):
    """What was done to a ticket there."""

    number: int | None = Field(default=None, ge=1, lt=2**31, examples=[5])
    """The ticket's number here; or"""
    external: Line | None = Field(default=None, examples=["WO-2026-0042"])
    """its number there."""
    act: Literal[Act.ACKNOWLEDGE, Act.RESOLVE, Act.CLOSE, Act.NOTE] = Field(examples=["resolve"])
    text: Sentence = Field(default="", examples=["valve replaced"])
    code: Code = Field(default="", examples=[""])


class OpenTicket(Documented):
    """Asks for a new ticket."""

    type: Literal["ticket.open"]
    data: NewWork


class WorkTicket(Documented):
    """Does something to a ticket."""

    type: Literal["ticket.act"]
    data: Worked


_MESSAGES: Final = TypeAdapter[OpenTicket | WorkTicket](
    Annotated[OpenTicket | WorkTicket, Field(discriminator="type")]
)

_EXAMPLE: Final = {
    "type": "ticket.act",
    "data": {"external": "WO-2026-0042", "act": "resolve", "text": "valve replaced"},
}


@router.post(
    "/{hook}",
    summary="Take another system's message",
    response_model=TicketToTell,
    responses=documented(NotSignedIn, Missing, Refused, Unreachable),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        }
    },
)
async def take(
    request: Request,
    gateway: Gateway,
    hook: Annotated[str, Path(description="A webhook's id.", examples=["erp"])],
) -> Response:
    """`ticket.open` or `ticket.act`, signed as Standard Webhooks says. Needs no sign-in; a message
    that comes again is answered as it was the first time."""
    body = await request.body()
    who = Actor(f"{SYSTEM}{hook}", ROLE, place_of(request))
    answer = await gateway.hooks.take(
        hook, request.headers, body, lambda: _answer(gateway, body, who)
    )
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    return Response(answer.body, answer.status, media_type=media_type)


async def _answer(gateway: Services, body: bytes, who: Actor) -> Answer:
    """What does not pass by waiting is an answer as well."""
    try:
        ticket = await _perform(gateway, _read(body), who)
    except (Refused, Malformed) as error:
        problem = problem_of(error)
        return Answer(problem.status, problem.model_dump_json(exclude_none=True))
    told = TicketToTell.model_validate(ticket, from_attributes=True)
    return Answer(HTTPStatus.OK, told.model_dump_json())


def _read(body: bytes) -> OpenTicket | WorkTicket:
    try:
        return _MESSAGES.validate_json(body)
    except ValidationError as error:
        raise Malformed("message", said_of_form(error.errors()), "see the manual") from None


async def _perform(gateway: Services, message: OpenTicket | WorkTicket, who: Actor) -> Ticket:
    if isinstance(message, OpenTicket):
        return await _open(gateway, message.data, who)
    data = message.data
    if data.number is None and data.external is None:
        raise Malformed("message", "names no ticket", "give number or external")
    number = data.number
    if number is None:
        number = (await gateway.desk.ticket_of(data.external or "", who)).number
    doing = Doing(data.act, data.text, code=data.code)
    return await gateway.desk.act(number, doing, who=who, version=None)


async def _open(gateway: Services, data: NewWork, who: Actor) -> Ticket:
    try:
        known = await gateway.desk.ticket_of(data.external, who)
    except Missing:
        known = None
    if known is not None and known.closed_at is None:
        return known
    report, source = data.report(), Source.WEBHOOK
    return await gateway.desk.open(report, who=who, source=source, external=data.external)
