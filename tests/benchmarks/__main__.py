"""`make bench`: measures, prints one table, and keeps it in build/bench.jsonl.

python -m tests.benchmarks [NAME]
"""

import asyncio
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from _pytest.outcomes import OutcomeException

from tests.benchmarks import camera_core, modbus_points, mqtt_durable, publish_to_ticket
from tests.benchmarks.machine import machine
from tests.benchmarks.report import Result, table, write_json_lines

LONGEST_S = 120.0
"""A benchmark that takes longer waits for something that does not come."""

RESULTS = Path(__file__).parents[2] / "build" / "bench.jsonl"

BENCHMARKS: Mapping[str, Callable[[Path], Awaitable[list[Result]]]] = {
    module.NAME: module.measure
    for module in (mqtt_durable, publish_to_ticket, modbus_points, camera_core)
}
"""By the name of the first figure each finds; given an empty folder of its own."""


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0, 1 when a benchmark failed, 2 when there is none of that name."""
    wanted = list(arguments) or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    told = machine()
    results = [_run(name) for name in wanted]
    found = [result for each in results for result in each]
    write_json_lines(found, RESULTS)
    print(f"\n{told}\n\n{table(found)}")
    return 0 if all(results) else 1


def _run(name: str) -> list[Result]:
    """Its results; none when it failed, and then why is printed."""
    print(f"{name} …", flush=True)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
            measuring = asyncio.wait_for(BENCHMARKS[name](Path(folder)), LONGEST_S)
            results = asyncio.run(measuring)
    # pytest's outcomes are no Exceptions: that is how tests.servers tells that a server is missing.
    except (Exception, OutcomeException):
        traceback.print_exc()
        print(f"{name} failed", file=sys.stderr, flush=True)
        return []
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)
    return results


sys.exit(main(sys.argv[1:]))
