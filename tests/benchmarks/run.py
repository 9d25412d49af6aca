"""Runs benchmarks one after the other; one that fails keeps no other from running."""

import asyncio
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.benchmarks.machine import machine
from tests.benchmarks.report import Result, table, write_json_lines

Benchmark = Callable[[Path], Awaitable[list[Result]]]
"""Given an empty folder of its own; raises whatever kept it from measuring."""

LONGEST_S = 600.0
"""A benchmark that takes longer waits for something that does not come. One makes a year of
readings first."""


def run(benchmarks: Mapping[str, Benchmark], file: Path) -> bool:
    """Prints progress and then everything found, and writes it to `file`; False when one of them
    failed."""
    told = machine()
    results = [_measured(name, benchmark) for name, benchmark in benchmarks.items()]
    found = [result for each in results for result in each]
    write_json_lines(found, file)
    print(f"\n{told}\n\n{table(found)}")
    return all(results)


def _measured(name: str, benchmark: Benchmark) -> list[Result]:
    """Its results; none when it failed, and then why is printed."""
    print(f"{name} …", flush=True)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
            results = asyncio.run(_in_time(benchmark, Path(folder)))
    # tests.servers tells with pytest's outcomes that a server is missing or does not start.
    except (Exception, pytest.skip.Exception, pytest.fail.Exception):
        traceback.print_exc()
        print(f"{name} failed", file=sys.stderr, flush=True)
        return []
    print(f"  measured in {time.monotonic() - started:.0f} s", flush=True)
    return results


async def _in_time(benchmark: Benchmark, folder: Path) -> list[Result]:
    async with asyncio.timeout(LONGEST_S):
        return await benchmark(folder)
