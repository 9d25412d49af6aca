"""What goes wrong, as problem details (RFC 9457)."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException

from gateway.access.authority import CommandRefused
from gateway.api.documented import Documented
from gateway.errors import BadConfig, GatehouseError, Malformed, Missing, Refused, Unreachable
from gateway.model.clock import SECOND
from gateway.security.identity import NotAllowed, NotSignedIn, TooManyAttempts

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

# The first family an error belongs to decides: the special ones stand before the general.
STATUS: Final[Mapping[type[GatehouseError], HTTPStatus]] = {
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    Missing: HTTPStatus.NOT_FOUND,
    Refused: HTTPStatus.CONFLICT,
    Malformed: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    BadConfig: HTTPStatus.INTERNAL_SERVER_ERROR,
    GatehouseError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Problem(Documented):
    """What went wrong and what can be done about it."""

    type: str = Field(examples=["about:blank"])
    """Always about:blank: the status says what kind of problem it is."""
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(
        examples=["ticket 5: has changed since version 1 (now 2); look at it again"]
    )
    subject: str | None = Field(default=None, examples=["ticket 5"])
    """What failed."""
    problem: str | None = Field(default=None, examples=["has changed since version 1 (now 2)"])
    """What is wrong with it."""
    remedy: str | None = Field(default=None, examples=["look at it again"])
    """What the reader can do."""
    code: str | None = Field(default=None, examples=["busy"])
    """Why a command was refused, for programs."""
    parameters: dict[str, Any] | None = Field(
        default=None, examples=[{"point": "lift/speed", "low": 20.0, "high": 50.0, "unit": "Hz"}]
    )
    """What belongs to the code: of `value-not-allowed` what may be set, `low` to `high` or one of
    `states`."""


ANY_SIGNED_IN: Final = (NotSignedIn, NotAllowed, Unreachable)
"""What every operation that is not public can answer."""


def documented(*errors: type[GatehouseError]) -> dict[int | str, dict[str, Any]]:
    """What an operation's description says about its errors; each can be Malformed."""
    statuses = {STATUS[error] for error in (*errors, Malformed)}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status.value: {"description": status.phrase, "content": content}
        for status in sorted(statuses)
    }


def install(app: FastAPI) -> None:
    """Have the application answer every error as a problem, and none with its inner workings."""

    @app.exception_handler(GatehouseError)
    async def of_ours(_request: Request, error: GatehouseError) -> Response:
        return _of(error)

    @app.exception_handler(RequestValidationError)
    async def of_form(_request: Request, error: RequestValidationError) -> Response:
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, said_of_form(error.errors()))

    @app.exception_handler(HTTPException)
    async def of_http(_request: Request, error: HTTPException) -> Response:
        return _answer(HTTPStatus(error.status_code), error.detail, headers=error.headers)

    @app.exception_handler(Exception)
    async def of_nobody(_request: Request, _error: Exception) -> Response:
        # The server logs the error itself, with its trace.
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "an error of ours: it is in the log")


def problem_of(error: GatehouseError) -> Problem:
    """The error in the form it is answered in."""
    status = next(status for family, status in STATUS.items() if isinstance(error, family))
    return Problem(
        type="about:blank",
        title=status.phrase,
        status=status,
        detail=str(error),
        subject=error.subject,
        problem=error.problem,
        remedy=error.remedy or None,
        code=error.code if isinstance(error, CommandRefused) else None,
        parameters=(error.detail or None) if isinstance(error, CommandRefused) else None,
    )


def said_of_form(faults: Iterable[Mapping[str, Any]]) -> str:
    """What pydantic has found."""
    return "; ".join(f"{_place(fault)}: {fault['msg']}" for fault in faults)


def _of(error: GatehouseError) -> Response:
    headers = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(-(-error.wait // SECOND))
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="gatehouse"'
    return _response(problem_of(error), headers)


def _answer(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    problem = Problem(type="about:blank", title=status.phrase, status=status, detail=detail)
    return _response(problem, headers)


def _response(problem: Problem, headers: Mapping[str, str] | None) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, headers, MEDIA_TYPE)


def _place(fault: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"])
