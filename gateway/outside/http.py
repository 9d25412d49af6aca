"""Requests to other systems: short, never redirected, and with errors that hold no secret."""

import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from gateway.errors import Unreachable
from gateway.model.clock import HOUR, SECOND, Micros
from gateway.outside.failures import failed, refusal

PATIENCE_S: Final = 10.0
LONGEST_ASKED: Final[Micros] = HOUR


class Overloaded(Unreachable):
    """The receiver asks to be left alone for `wait` (Retry-After: RFC 9110, 10.2.3)."""

    def __init__(self, subject: str, problem: str, wait: Micros) -> None:
        super().__init__(subject, problem, "it asks for a pause itself")
        self.wait = wait


def client() -> httpx.AsyncClient:
    """Trusts what the system trusts (SSL_CERT_FILE names other authorities). Reading those takes
    a while: call it in a thread."""
    return httpx.AsyncClient(verify=ssl.create_default_context(), timeout=PATIENCE_S)


async def request(
    http: httpx.AsyncClient,
    receiver: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> None:
    """Returns when it has answered with a success, whose body is not read; else Unreachable,
    Overloaded or Refused."""
    try:
        async with http.stream(method, url, headers=headers, content=body) as answer:
            status, pause = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise failed(receiver, error) from None
    if 200 <= status < 300:
        return
    if status in (429, 503) and pause.isdecimal():
        wait = min(int(pause) * SECOND, LONGEST_ASKED)
        raise Overloaded(receiver, f"answers with status {status}", wait)
    raise refusal(receiver, status)
