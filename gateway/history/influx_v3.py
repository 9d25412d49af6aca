"""InfluxDB 3.x: /api/v2/write with a token, and InfluxQL. Others speak so too: 1.8, VictoriaMetrics
(writing only)."""

from gateway.history.influx_http import Http
from gateway.history.influx_questions import Questions
from gateway.history.influx_v2 import V2Writer
from gateway.history.influxql import InfluxQl


class V3:
    """A Dialect."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._writer = V2Writer(http)
        self._questions = InfluxQl(http)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes) -> None:
        """See Dialect."""
        self._writer.write(body)

    def close(self) -> None:
        """See Dialect."""
        self._writer.close()
        self._http.close()
