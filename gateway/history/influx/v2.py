"""InfluxDB 2.x: /api/v2/write with a token, and Flux."""

from collections.abc import Callable
from typing import Any

from influxdb_client.service.write_service import WriteService

from gateway.history.influx.flux import Flux
from gateway.history.influx.http import LINES, TIMEOUTS, Http, Unit
from gateway.history.influx.questions import Questions


class V2:
    """A Dialect. Others take /api/v2/write as well, and are asked otherwise: see `questions`."""

    def __init__(self, http: Http, questions: Callable[[Http], Questions] = Flux) -> None:
        self._http = http
        # What WriteApi itself writes with; WriteApi does not tell the answer's status.
        self._writes: Any = WriteService(http.client.api_client)  # type: ignore[no-untyped-call]
        self._questions = questions(http)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        target = self._http.target
        with self._http.errors():
            _, status, _ = self._writes.post_write_with_http_info(
                target.org or "",
                target.database,
                body,
                precision=unit.value,
                content_encoding="gzip",
                content_type=LINES,
                _request_timeout=TIMEOUTS,
            )
        self._http.check_stored(status)

    def close(self) -> None:
        """See Dialect."""
        self._http.close()
