"""`make bench`: measures, prints one table, and keeps it in build/bench.jsonl.

python -m tests.benchmarks [FIGURE…]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import (
    alarm_storm,
    camera_core,
    door_alarm,
    failover,
    influx_catchup,
    journal_batch,
    modbus_fleet,
    modbus_points,
    mqtt_durable,
    publish_to_durable,
    publish_to_ticket,
    reconnect_storm,
    rtu_dead_unit,
    year_chart,
)
from tests.benchmarks.run import run

RESULTS = Path(__file__).parents[2] / "build" / "bench.jsonl"

BENCHMARKS = {
    module.NAME: module.measure
    for module in (
        mqtt_durable,
        publish_to_durable,
        publish_to_ticket,
        alarm_storm,
        door_alarm,
        reconnect_storm,
        failover,
        journal_batch,
        modbus_points,
        modbus_fleet,
        rtu_dead_unit,
        camera_core,
        influx_catchup,
        year_chart,
    )
}
"""By the name of the first figure each finds."""

FOUND_WITH = {
    mqtt_durable.COST: mqtt_durable.NAME,
    mqtt_durable.MEMORY: mqtt_durable.NAME,
    publish_to_ticket.MEDIAN: publish_to_ticket.NAME,
    alarm_storm.ANSWERS: alarm_storm.NAME,
    door_alarm.STREAM: door_alarm.NAME,
    modbus_fleet.JITTER: modbus_fleet.NAME,
    modbus_fleet.CORE: modbus_fleet.NAME,
    modbus_fleet.RATE: modbus_fleet.NAME,
    influx_catchup.LIVE: influx_catchup.NAME,
    year_chart.PICTURE: year_chart.NAME,
    year_chart.DAY_PICTURE: year_chart.NAME,
}
"""The other figures, and the first one of their benchmark."""


def main(figures: Sequence[str]) -> int:
    """Exit status: 0, 1 when a benchmark failed, 2 when none finds such a figure."""
    names = [FOUND_WITH.get(figure, figure) for figure in figures]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        there = ", ".join([*BENCHMARKS, *FOUND_WITH])
        print(f"no benchmark finds {unknown[0]}; there are: {there}", file=sys.stderr)
        return 2
    return 0 if run({name: BENCHMARKS[name] for name in names or BENCHMARKS}, RESULTS) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
