"""`gatehouse export`: stored readings to a file, from the history itself or the running gateway."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.dead_letters import DeadLetterBox
from gateway.errors import BadConfig, GatehouseError, Malformed, Missing, Refused, Unreachable
from gateway.history.duckdb.file import InUse
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.export import Part, Table, csv_parts, matching, to_parquet
from gateway.history.influx.line_protocol import origins
from gateway.history.protocol import History, check_bounds
from gateway.model.clock import Micros, from_datetime, gateway_clock, to_datetime
from gateway.site.model import Site

TOKEN = "GATEHOUSE_TOKEN"
"""The environment variable an API token is taken from."""

_TIMEOUT = httpx.Timeout(10, read=300)

_WANTS = f"an API token of that gateway in the environment variable {TOKEN}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: points by pattern, ISO 8601 times (without offset: the site's)."""

    points: Sequence[str]
    start: str
    end: str | None


def export(
    site: Site, out: Path, wanted: Wanted, gateway: str | None, environment: Mapping[str, str]
) -> int:
    """Write the table to `out`; how many readings it has. CSV or Parquet, by the name's end; there
    is a whole file under that name, or none. `gateway` is the address of the running one; None:
    its stores are read here."""
    if out.suffix not in {".csv", ".parquet"}:
        raise BadConfig(str(out), "is neither CSV nor Parquet", "end its name in .csv or .parquet")
    table = Table(
        matching(site.points, wanted.points),
        instant(site, wanted.start),
        gateway_clock()() if wanted.end is None else instant(site, wanted.end),
        site.time_zone,
        harmless=out.suffix == ".csv",
    )
    check_bounds(table.start, table.end)
    parts = (
        _of_stores(site, table)
        if gateway is None
        else _of_gateway(gateway, environment.get(TOKEN), wanted.points, table)
    )
    with _unfinished(out, ".part") as lines, _unfinished(out, ".parquet-part") as packed:
        readings = asyncio.run(_write(parts, lines))
        if out.suffix == ".parquet":
            to_parquet(lines, packed)
            packed.replace(out)
        else:
            lines.replace(out)
    return readings


@contextmanager
def _unfinished(out: Path, suffix: str) -> Iterator[Path]:
    """A file beside `out` that is gone afterwards, unless it has become something else."""
    path = out.with_name(out.name + suffix)
    try:
        yield path
    except (OSError, duckdb.Error) as error:
        raise Unreachable(str(out), f"cannot be written ({error})") from error
    finally:
        path.unlink(missing_ok=True)


async def _write(parts: AsyncGenerator[Part], path: Path) -> int:
    readings = 0
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    screen = Console(stderr=True, quiet=not sys.stderr.isatty())
    with Progress(*columns, console=screen) as progress:
        bar = progress.add_task("", total=1.0)
        with path.open("wb") as file:
            async with aclosing(parts):
                async for part in parts:
                    file.write(part.text)
                    readings += part.readings
                    told = f"{readings:,} readings"
                    progress.update(bar, completed=part.done, description=told)
    return readings


async def _of_stores(site: Site, table: Table) -> AsyncGenerator[Part]:
    """From the site's first history, which nobody else may hold."""
    async with _history(site) as history:
        try:
            async for part in csv_parts(history, table):
                yield part
        except InUse as error:
            remedy = f"ask it: --gateway http://HOST:PORT, with {_WANTS}"
            raise Refused(error.subject, "is in use by the running gateway", remedy) from error


@asynccontextmanager
async def _history(site: Site) -> AsyncIterator[History]:
    if not site.history.duckdb:
        # Its client library takes a second to load.
        from gateway.history.influx.history import InfluxHistory  # noqa: PLC0415

        assert site.influx is not None  # the site file would not have been taken
        letters = DeadLetterBox(gateway_clock())
        async with InfluxHistory(site.influx, site.id, origins(site), letters) as remote:
            yield remote
        return
    path = site.data / "history.duckdb"
    if not path.exists():
        raise Missing(str(path), "is not there", "look at site.data; has the gateway run?")
    async with DuckDbHistory(path) as embedded:
        yield embedded


async def _of_gateway(
    address: str, token: str | None, patterns: Sequence[str], table: Table
) -> AsyncGenerator[Part]:
    """From the running gateway's API."""
    if token is None:
        raise BadConfig(address, "takes nobody without a token", f"put {_WANTS}")
    if not (token.isascii() and token.isprintable()):
        raise BadConfig(TOKEN, "holds a line break or the like", f"put {_WANTS}, and it alone")
    asked = {
        "point": patterns,
        "start": to_datetime(table.start).isoformat(),
        "end": to_datetime(table.end).isoformat(),
        "harmless": str(table.harmless).lower(),
    }
    bearer = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            httpx.AsyncClient(base_url=address, headers=bearer, timeout=_TIMEOUT) as client,
            client.stream("GET", "/api/v1/export", params=asked) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise await _told(address, answer)
            head = 1
            async for text in answer.aiter_bytes():  # how much is to come nobody knows
                yield Part(text, text.count(b"\n") - head, 0.0)
                head = 0
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        told = f"does not answer, or broke off ({str(error) or type(error).__name__})"
        raise Unreachable(address, told, "look whether the gateway runs there") from error


async def _told(address: str, answer: httpx.Response) -> GatehouseError:
    """What the gateway says is wrong."""
    text = (await answer.aread()).decode(errors="replace")
    try:
        told = str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        told = f"answers {answer.status_code}"
    family = Unreachable if answer.is_server_error else Refused
    return family(address, told)


def instant(site: Site, text: str) -> Micros:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        told = "is no ISO 8601 date or time"
        raise Malformed(text, told, "such as 2026-05-01 or 2026-05-01T08:00:00+08:00") from error
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=site.time_zone))
