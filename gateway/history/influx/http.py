"""One InfluxDB over HTTP, whichever version, through influxdb-client; blocking.

influxdb-client is made for 2.x: its WriteService and QueryApi use /api/v2. Its generic `call_api`
reaches everything else: /write, /query, /ping ("InfluxDB 1.x HTTP endpoints").
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from http import HTTPStatus
from typing import Any

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from gateway.errors import GatehouseError, Malformed, Refused, Unreachable
from gateway.history.overload import Overloaded, retry_after
from gateway.model.clock import gateway_clock
from gateway.site.model import InfluxTarget

TIMEOUTS = (3_000, 10_000)
"""Connecting and reading, milliseconds."""
PATIENT_TIMEOUTS = (3_000, 60_000)
"""For what may take the server long: deleting."""
LINES = "text/plain; charset=utf-8"
"""Their type of content."""


class Unit(Enum):
    """What the times of lines count."""

    MICROSECONDS = "us"
    NANOSECONDS = "ns"


class Http:
    """The client and its errors. Everything raises Unreachable when nobody answers, when the server
    is overloaded or failing (Overloaded when it says for how long), and when the database is
    missing; Refused when it does not let us; BadLines and TooLarge for what it cannot take."""

    def __init__(self, target: InfluxTarget) -> None:
        self.target = target
        basic = target.username is not None
        self.client: Any = InfluxDBClient(
            url=target.url,
            token=f"{target.username}:{target.password or ''}" if basic else target.token or "",
            auth_basic=basic,
            org=target.org or "",
            timeout=TIMEOUTS,
        )
        self._clock = gateway_clock()

    def close(self) -> None:
        """Close its connections now."""
        # The client only forgets its pools: connections would stay open until they are collected.
        pools = self.client.api_client.rest_client.pool_manager.pools
        for key in pools.keys():  # noqa: SIM118  # not a dict: iterating it is an error
            pools[key].close()
        self.client.close()

    def write(self, path: str, parameters: Mapping[str, str], body: bytes) -> None:
        """Send gzip-compressed lines to /write."""
        _, status, _ = self._call(path, "POST", parameters, body, TIMEOUTS)
        self.check_stored(status)

    def check_stored(self, status: int) -> None:
        """NotInflux where the answer is not the one (204) that every version gives to lines it has
        stored: a web server may say yes to everything."""
        if status != HTTPStatus.NO_CONTENT:
            raise NotInflux(self.target.url, f"HTTP {status} is no answer to lines that are stored")

    def call(
        self,
        path: str,
        method: str,
        parameters: Mapping[str, str],
        body: bytes = b"",
        *,
        timeouts: tuple[int, int] = TIMEOUTS,
    ) -> tuple[object, Mapping[str, str]]:
        """The decoded answer, and its headers by their names in small letters. `body` is
        gzip-compressed text."""
        answer, _, headers = self._call(path, method, parameters, body, timeouts)
        return answer, headers

    def _call(
        self,
        path: str,
        method: str,
        parameters: Mapping[str, str],
        body: bytes,
        timeouts: tuple[int, int],
    ) -> tuple[object, int, Mapping[str, str]]:
        headers = {"Content-Type": LINES}
        if body:
            headers["Content-Encoding"] = "gzip"
        with self.errors():
            answer, status, told = self.client.api_client.call_api(
                path,
                method,
                query_params=list(parameters.items()),
                header_params=headers,
                body=body,
                response_type="object",
                _request_timeout=timeouts,
            )
        return answer, status, {str(name).lower(): str(value) for name, value in told.items()}

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside it the library's errors become ours."""
        try:
            yield
        except ApiException as error:
            raise self._told(error) from error
        except HTTPError as error:
            told = _WHERE.sub("", str(error))
            raise Unreachable(self.target.url, f"does not answer ({told})") from error

    def _told(self, error: ApiException) -> GatehouseError:
        url, reason = self.target.url, _reason(error.message)
        match error.status:
            case 400 | 422:
                return BadLines(url, reason)
            case 413:
                return TooLarge(url, reason)
            case 401:
                return Refused(url, reason, "check username and password, or token, under influx")
            case 403:
                return Forbidden(url, reason, "grant the user or the token what is missing")
            case _:
                return self._not_now(error, reason)

    def _not_now(self, error: ApiException, reason: str) -> Unreachable:
        url = self.target.url
        if error.status == 404:
            problem = f"has no database {self.target.database}"
            return NotFound(url, problem, "create it, or name a user who may")
        if error.status == 0:
            problem = f"cannot be trusted ({' '.join(str(error.reason).split())})"
            return Unreachable(url, problem, "see its certificate")
        problem = f"HTTP {error.status}: {reason}"
        wait = retry_after(error.retry_after, self._clock())
        return Unreachable(url, problem) if wait is None else Overloaded(url, problem, wait)


class BadLines(Malformed):
    """Lines of a request cannot be taken; the others of it may be stored."""

    @property
    def dropped(self) -> int | None:
        """How many were not stored, where the server says so ("partial write: … dropped=2")."""
        found = _DROPPED.search(self.problem)
        return int(found[1]) if found else None


class TooLarge(Malformed):
    """The request as a whole is more than the server takes."""


class NotFound(Unreachable):
    """The server knows no such database, or no such page."""


class Forbidden(Refused):
    """The user is known but may not."""


class NotInflux(Refused):
    """Whoever answers there is no InfluxDB."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(url, f"is no InfluxDB ({problem})", "check the url under influx")


def _reason(message: object) -> str:
    """1.x and 3.x say {"error": …}; the library knows 2.x's {"message": …} only."""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    try:
        return msgspec.json.decode(text, type=_Error).error.strip()
    except (msgspec.MsgspecError, UnicodeError):
        return text.strip()


class _Error(msgspec.Struct):
    error: str


_WHERE = re.compile(r"^\w+\(host='.*?', port=\d+\): ")
"""urllib3's word for the place, which stands before already."""

_DROPPED = re.compile(r"\bdropped=(\d+)")
