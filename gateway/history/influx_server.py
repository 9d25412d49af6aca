"""One InfluxDB 1.x server, spoken to through influxdb-client; blocking.

influxdb-client is made for 2.x: its WriteApi and QueryApi use /api/v2, which 1.6 does not have.
Its generic `call_api` reaches /write and /query ("InfluxDB 1.x HTTP endpoints").
"""

import gzip
import logging
from collections.abc import Sequence
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from gateway.errors import GatehouseError, Malformed, Refused, Unreachable
from gateway.history import influxql
from gateway.site.model import InfluxTarget

logger = logging.getLogger(__name__)

TIMEOUTS = (3_000, 10_000)
"""Connecting and reading, milliseconds."""


class Server:
    """Raises Unreachable when nobody answers, when the server is overloaded or failing, and when
    the database is missing; Refused when it does not let us; Malformed for lines it cannot take
    (HTTP 400, 413; the others of the same request may be stored)."""

    def __init__(self, target: InfluxTarget) -> None:
        self._target = target
        known = target.username is not None
        self._client: Any = InfluxDBClient(
            url=target.url,
            token=f"{target.username}:{target.password or ''}" if known else "",
            auth_basic=known,
            timeout=TIMEOUTS,
        )

    def close(self) -> None:
        # The client only forgets its pools: connections would stay open until they are collected.
        pools = self._client.api_client.rest_client.pool_manager.pools
        for key in pools.keys():  # noqa: SIM118  # not a dict: iterating it is an error
            pools[key].close()
        self._client.close()

    def create_database(self) -> None:
        """Create it where it is not there yet; a user who may not is taken to have one."""
        try:
            self._call("/query", "POST", {"q": influxql.create_database(self._target.database)})
        except _Forbidden:
            logger.info("%s may not create databases in InfluxDB", self._target.username)

    def write(self, lines: Sequence[str]) -> None:
        """Store the lines, whose times are in nanoseconds. Writing again changes nothing."""
        body = gzip.compress("\n".join(lines).encode(), compresslevel=1)
        self._call("/write", "POST", {"db": self._target.database, "precision": "n"}, body)

    def query(self, statements: str) -> object:
        """The decoded JSON answer, times in nanoseconds."""
        asked = {"db": self._target.database, "epoch": "ns", "q": statements}
        return self._call("/query", "GET", asked)

    def _call(
        self, path: str, method: str, parameters: dict[str, str], body: bytes = b""
    ) -> object:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if body:
            headers["Content-Encoding"] = "gzip"
        try:
            answer: object = self._client.api_client.call_api(
                path,
                method,
                query_params=list(parameters.items()),
                header_params=headers,
                body=body,
                response_type="object",
                _return_http_data_only=True,
            )
        except ApiException as error:
            raise self._told(error) from error
        except HTTPError as error:
            raise Unreachable(self._target.url, f"does not answer ({error})") from error
        return answer

    def _told(self, error: ApiException) -> GatehouseError:
        url, reason = self._target.url, str(error.message).strip()
        match error.status:
            case 400 | 413:
                return Malformed(url, reason)
            case 401:
                return Refused(url, reason, "check username and password under influx")
            case 403:
                return _Forbidden(url, reason, "grant the user what is missing")
            case 404:
                remedy = "create it, or name a user who may"
                return Unreachable(url, f"has no database {self._target.database}", remedy)
            case status:
                return Unreachable(url, f"HTTP {status}: {reason}")


class _Forbidden(Refused):
    """The user is known but may not."""
