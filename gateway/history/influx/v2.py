"""InfluxDB 2.x: /api/v2/write with a token, and Flux."""

from collections.abc import Callable
from typing import Any

from influxdb_client.client.write_api import SYNCHRONOUS

from gateway.history.influx.flux import Flux
from gateway.history.influx.http import Http, Unit
from gateway.history.influx.questions import Questions


class V2:
    """A Dialect. Others take /api/v2/write as well, and are asked otherwise: see `questions`."""

    def __init__(self, http: Http, questions: Callable[[Http], Questions] = Flux) -> None:
        self._http = http
        self._questions = questions(http)
        self._bucket = http.target.database
        # A client of its own, for a header of its own. The library itself would compress at the
        # highest level, at five times the cost; bytes it passes on as they are.
        self._writing = Http(http.target)
        self._writing.client.api_client.set_default_header("Content-Encoding", "gzip")
        self._api: Any = self._writing.client.write_api(write_options=SYNCHRONOUS)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        with self._writing.errors():
            self._api.write(self._bucket, record=body, write_precision=unit.value)

    def close(self) -> None:
        """See Dialect."""
        self._api.close()
        self._writing.close()
        self._http.close()
