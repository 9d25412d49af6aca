"""InfluxDB 2.x: /api/v2/write with a token, and Flux."""

from collections.abc import Callable

from gateway.history.influx.flux import Flux
from gateway.history.influx.http import Http, Unit
from gateway.history.influx.questions import Questions


class V2:
    """A Dialect. Others take /api/v2/write as well, and are asked otherwise: see `questions`."""

    def __init__(self, http: Http, questions: Callable[[Http], Questions] = Flux) -> None:
        self._http = http
        self._questions = questions(http)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        target = self._http.target
        # The library's own WriteApi does not tell the answer's status.
        where = {"org": target.org or "", "bucket": target.database, "precision": unit.value}
        self._http.write("/api/v2/write", where, body)

    def close(self) -> None:
        """See Dialect."""
        self._http.close()
