"""InfluxDB 2.x: /api/v2/write with a token, and Flux."""

from typing import Any

from influxdb_client.client.write_api import SYNCHRONOUS

from gateway.history.influx.flux import Flux
from gateway.history.influx.http import Http, Unit
from gateway.history.influx.questions import Questions


class V2:
    """A Dialect."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._writer = V2Writer(http)
        self._questions = Flux(http)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        self._writer.write(body, unit)

    def close(self) -> None:
        """See Dialect."""
        self._writer.close()
        self._http.close()


class V2Writer:
    """Writes to /api/v2/write, which 3.x and others take as well."""

    def __init__(self, http: Http) -> None:
        self._bucket = http.target.database
        # A client of its own, for a header of its own. The library itself would compress at the
        # highest level, at five times the cost; bytes it passes on as they are.
        self._http = Http(http.target)
        self._http.client.api_client.set_default_header("Content-Encoding", "gzip")
        self._api: Any = self._http.client.write_api(write_options=SYNCHRONOUS)

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        with self._http.errors():
            self._api.write(self._bucket, record=body, write_precision=unit.value)

    def close(self) -> None:
        """Close its connections."""
        self._api.close()
        self._http.close()
