"""Which version of InfluxDB answers, and so how it is spoken to."""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.errors import Malformed, Refused
from gateway.history.influx.http import Http, NotFound, Unit
from gateway.history.influx.questions import Questions
from gateway.history.influx.v1 import V1
from gateway.history.influx.v2 import V2
from gateway.history.influx.v3 import V3
from gateway.site.model import InfluxTarget

VERSION = "x-influxdb-version"
"""The header of answers to /ping: "1.6.7" or "v2.7.1"."""


class Dialect(Protocol):
    """One server, spoken to as its version wants; blocking. Everything raises as Http does."""

    @property
    def questions(self) -> Questions:
        """How history is asked there."""

    def write(self, body: bytes, unit: Unit) -> None:
        """Store gzip-compressed lines whose times are in that unit. Writing again changes
        nothing."""

    def close(self) -> None:
        """Close its connections."""


def connect(target: InfluxTarget) -> Dialect:
    """The dialect the target names; where it names none, the server is asked."""
    http = Http(target)
    try:
        version = target.version or _found_out(http)
    except BaseException:
        http.close()
        raise
    return _DIALECTS[version](http)


_DIALECTS: Final[dict[int, Callable[[Http], Dialect]]] = {1: V1, 2: V2, 3: V3}


def _found_out(http: Http) -> int:
    """1.x and 2.x say their version in answer to /ping, and so does 3.x, where it does not ask for
    a token first. What a token is given for takes /api/v2/write: 3.x, 1.8 beside its own, and
    those that have neither Flux nor a version to tell (VictoriaMetrics). So a token makes it 3
    unless the server says 2, and without one it is 1, or what it says."""
    said = _version(http)
    if said == 2 or http.target.token is None:
        return said or 1
    return 3


def _version(http: Http) -> int | None:
    """What the server says; None where it says nothing we know."""
    try:
        _, headers = http.call("/ping", "GET", {})
    except (Refused, Malformed, NotFound):
        return None  # it wants a token, or knows no such page
    major = headers.get(VERSION, "").removeprefix("v").partition(".")[0]
    return int(major) if major in {"1", "2", "3"} else None
