"""VictoriaMetrics."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.blocking import excused
from tests.servers.ports import HOST, free_port, pings
from tests.servers.programs import require
from tests.servers.server import START_WITHIN_S, Server


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """VictoriaMetrics. It takes InfluxDB's lines at /api/v2/write, whatever bucket they name, as
    series `measurement_field` whose samples are numbers (a string is 0), in milliseconds."""

    url: str
    server: Server

    def samples(self, series: str) -> dict[int, float]:
        """Of the series of that name, by their times; all that have been written by now."""
        with excused():
            with urlopen(f"{self.url}/internal/force_flush", timeout=START_WITHIN_S):
                pass
            asked = urlencode({"match[]": series})
            with urlopen(f"{self.url}/api/v1/export?{asked}", timeout=START_WITHIN_S) as answer:
                told = [json.loads(line) for line in answer]
        return {
            at: value
            for each in told
            for at, value in zip(each["timestamps"], each["values"], strict=True)
        }


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[MetricsServer]:
    """VictoriaMetrics as Debian packages it; it keeps samples of any age."""
    program = require("victoria-metrics", "victoria-metrics")
    port = free_port()
    data = folder / f"victoria-metrics-{port}"
    url = f"http://{HOST}:{port}"
    command = [
        *(program, f"-httpListenAddr={HOST}:{port}", f"-storageDataPath={data}"),
        *("-retentionPeriod=100y", "-memory.allowedBytes=64MB"),
    ]
    log = folder / f"victoria-metrics-{port}.log"
    server = Server(command, log, lambda: pings(f"{url}/health"))
    server.start()
    try:
        yield MetricsServer(url, server)
    finally:
        server.stop()
