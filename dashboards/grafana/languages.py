"""The two query languages of InfluxDB, and how Grafana's data source takes each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dashboards.grafana import flux, influxql
from dashboards.grafana import questions as q

TYPE: Final = "influxdb"
"""Of Grafana's data source."""


@dataclass(frozen=True, slots=True)
class Language:
    """`id` names the folder of its dashboards; `query` and `tag_values` say a question in it."""

    id: str
    query: Callable[[q.Question], str]
    tag_values: Callable[[str, tuple[str, ...]], str]

    @property
    def datasource(self) -> str:
        """The uid of the provisioned data source."""
        return f"gatehouse-{self.id}"


INFLUXQL: Final = Language("influxql", influxql.query, influxql.tag_values)
FLUX: Final = Language("flux", flux.query, flux.tag_values)
LANGUAGES: Final = (INFLUXQL, FLUX)

_TABLES = (q.Newest, q.Events, q.Standing, q.TopRules, q.Chattering, q.AlarmLog)


def is_table(question: q.Question) -> bool:
    """Whether the answer is rows, not series over time."""
    return isinstance(question, _TABLES)


def has_no_time(question: q.Question) -> bool:
    """Whether the time InfluxQL puts before each row means nothing."""
    return isinstance(question, q.Newest | q.TopRules | q.Chattering)
