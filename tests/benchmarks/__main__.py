"""`make bench`: measures, prints one table, and keeps it in build/bench.jsonl.

python -m tests.benchmarks [NAME…]
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


def main(names: Sequence[str]) -> int:
    """Exit status: 0, 1 when a benchmark failed, 2 when there is none of that name."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return 0 if run({name: BENCHMARKS[name] for name in names or BENCHMARKS}, RESULTS) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
