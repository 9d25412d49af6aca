"""InfluxDB 1.x: /write with a user and a password, and InfluxQL."""

import logging
from collections.abc import Mapping

from gateway.errors import Unreachable
from gateway.history.influx.http import Forbidden, Http, NotInflux, Unit
from gateway.history.influx.influxql import InfluxQl, create_database
from gateway.history.influx.questions import Questions

logger = logging.getLogger(__name__)


class V1:
    """A Dialect. The database is created where the user may."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._has_database = False
        self._questions = InfluxQl(http, self._create_database_once)

    @property
    def questions(self) -> Questions:
        """See Dialect."""
        return self._questions

    def write(self, body: bytes, unit: Unit) -> None:
        """See Dialect."""
        where = {"db": self._http.target.database, "precision": _PRECISIONS[unit]}
        self._create_database_once()
        try:
            self._http.write("/write", where, body)
        except Unreachable:
            self._has_database = False  # it may come back as another, empty server
            raise

    def close(self) -> None:
        """See Dialect."""
        self._http.close()

    def _create_database_once(self) -> None:
        """A user who may not create it is taken to have one."""
        if self._has_database:
            return
        statement = create_database(self._http.target.database)
        try:
            answer, _ = self._http.call("/query", "POST", {"q": statement})
            if not (isinstance(answer, Mapping) and "results" in answer):
                raise NotInflux(self._http.target.url, "it does not answer InfluxQL")
        except Forbidden:
            name = self._http.target.username
            logger.info("%s may not create databases in InfluxDB", name)
        self._has_database = True


_PRECISIONS = {Unit.MICROSECONDS: "u", Unit.NANOSECONDS: "n"}
"""Never `us`: 1.x answers that with 204, and takes the times as nanoseconds."""
