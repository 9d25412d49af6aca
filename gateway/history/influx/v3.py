"""InfluxDB 3.x: /api/v2/write with a token, and InfluxQL. Others speak so too: 1.8, VictoriaMetrics
(writing only)."""

from gateway.errors import Refused
from gateway.history.influx.http import Http
from gateway.history.influx.influxql import InfluxQl
from gateway.history.influx.v2 import V2
from gateway.model.clock import Micros, to_datetime


class V3(V2):
    """A Dialect: written to as 2.x."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, _Questions)


class _Questions(InfluxQl):
    """3.x has no DELETE (InfluxDB 3 Core: "InfluxQL feature support")."""

    def forget(self, site: str, measurement: str, before: Micros) -> None:
        """See Questions."""
        what = f"{measurement} of {site} before {to_datetime(before):%Y-%m-%d}"
        remedy = "give the database a retention period, and leave out site.history.keep"
        raise Refused("InfluxDB 3", f"deletes nothing by its age ({what})", remedy)
