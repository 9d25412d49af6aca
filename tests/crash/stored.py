"""What each store holds, read from the store itself and not through the gateway."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import httpx

from gateway.model.clock import Micros
from gateway.model.reading import TICK
from tests.crash.load import Value
from tests.gateway_process import GatewayProcess
from tests.servers import InfluxServer


class Identity(NamedTuple):
    """Of a reading in every history."""

    point: str
    taken_at: Micros


class Row(NamedTuple):
    """One stored reading. Of an event the value is its number; None where nothing is known."""

    point: str
    taken_at: Micros
    value: Value | None
    good: bool

    @property
    def identity(self) -> Identity:
        return Identity(self.point, self.taken_at)


class Alarm(NamedTuple):
    """One alarm, the moves on its record and the ticket it is worked on under."""

    rule: str
    moves: tuple[str, ...]
    ticket: int | None


class Move(NamedTuple):
    """One move on an alarm's record."""

    alarm: int
    sequence: int
    move: str


class Ticket(NamedTuple):
    """One ticket and what its lines say was done."""

    number: int
    rule: str
    entries: tuple[str, ...]


class Command(NamedTuple):
    """One command on record; `result` is None while it has no end."""

    id: str
    device: str
    action: str
    who: str
    result: str | None
    code: str | None


class GateLine(NamedTuple):
    """One line of the record of who came and went."""

    barrier: str
    what: str
    outcome: str


_PENDING: Final = "SELECT rule FROM condition WHERE state LIKE 'pending%'"
_QUALITY: Final = "_quality"
MEASUREMENTS: Final = (
    *("meter", "door", "fence", "gateway"),
    *("barrier", "panel", "fire", "line", "zone", "passback"),
)


def journal_rows(data: Path) -> list[Row]:
    """In order; without ticks."""
    query = "SELECT point, taken_at, value, quality FROM reading WHERE point != ? ORDER BY seq"
    return [
        Row(point, at, _event(value) if isinstance(value, bytes) else value, quality == 0)
        for point, at, value, quality in _rows(data / "journal.db", query, TICK)
    ]


def duckdb_rows(data: Path) -> list[Row]:
    """As they lie in the file: what is there twice is told twice."""
    query = "SELECT point, epoch_us(taken_at_utc), number, state, event, quality FROM readings"
    with closing(duckdb.connect(data / "history.duckdb", read_only=True)) as db:
        return [
            Row(point, at, _first(number, state, _event(event)), quality == "good")
            for point, at, number, state, event, quality in db.execute(query).fetchall()
        ]


def influx_rows(server: InfluxServer, database: str) -> list[Row]:
    """Every reading of every measurement but `alarm`."""
    rows: list[Row] = []
    for measurement in MEASUREMENTS:
        for series in _asked(server, database, f'SELECT * FROM "{measurement}" GROUP BY *'):
            device = series["tags"]["device"]
            for values in series["values"]:
                line = dict(zip(series["columns"], values, strict=True))
                rows += _of_line(device, line)
    return rows


def alarms(data: Path) -> list[Alarm]:
    """In the order they were raised for the first time."""
    query = """SELECT rule, group_concat(move), ticket FROM alarm
        JOIN alarm_change ON alarm_change.alarm = alarm.id GROUP BY alarm.id ORDER BY alarm.id"""
    found = _rows(data / "ledger.db", query)
    return [Alarm(rule, tuple(moves.split(",")), number) for rule, moves, number in found]


def ledger_moves(data: Path) -> list[Move]:
    """Every move of every alarm."""
    query = "SELECT alarm, sequence, move FROM alarm_change"
    return [Move(*row) for row in _rows(data / "ledger.db", query)]


def influx_moves(server: InfluxServer, database: str) -> list[Move]:
    """Every point of the measurement `alarm`."""
    query = "SELECT alarm, sequence, move FROM alarm"
    found = _asked(server, database, query)
    return [Move(*values[1:]) for series in found for values in series["values"]]


def tickets(data: Path) -> list[Ticket]:
    """By number."""
    query = """SELECT number, key, group_concat(what) FROM ticket
        JOIN ticket_entry ON ticket = number GROUP BY number ORDER BY number"""
    found = _rows(data / "ledger.db", query)
    return [Ticket(number, rule, tuple(entries.split(","))) for number, rule, entries in found]


def commands(data: Path) -> list[Command]:
    """In the order they were asked for."""
    query = "SELECT id, device, action, who, result, code FROM command ORDER BY asked_at"
    return [Command(*row) for row in _rows(data / "ledger.db", query)]


def gate_lines(data: Path) -> list[GateLine]:
    """As they were written."""
    query = "SELECT barrier, what, outcome FROM gate_record ORDER BY id"
    return [GateLine(*row) for row in _rows(data / "ledger.db", query)]


def on_site(data: Path) -> list[str]:
    """The plates of the vehicles that are in."""
    query = "SELECT plate FROM vehicle WHERE direction = 'in'"
    return [plate for (plate,) in _rows(data / "ledger.db", query)]


def locks(data: Path) -> dict[str, object]:
    """By point, what each lock said last."""
    query = "SELECT point, value FROM reading WHERE point LIKE '%/lock' ORDER BY seq"
    return dict(_rows(data / "journal.db", query))


@contextmanager
def signed_in(gateway: GatewayProcess) -> Iterator[Callable[[], Mapping[str, object]]]:
    """Gives the question what a running gateway has still to do: by follower, how far it is behind
    and why it waits; the rules that wait for their time."""
    with httpx.Client(base_url=gateway.url, timeout=20) as client:
        client.get(gateway.sign_in_link)

        def unfollowed() -> Mapping[str, object]:
            health = client.get("/api/v1/health").raise_for_status().json()
            behind = {f["name"]: (f["behind"], f["fault"]) for f in health["followers"]}
            pending = [rule for (rule,) in _rows(gateway.data / "ledger.db", _PENDING)]
            left = {name: (n, fault) for name, (n, fault) in behind.items() if n}
            return {**left, **({"pending": pending[:10]} if pending else {})}

        yield unfollowed


def _of_line(device: str, line: Mapping[str, Any]) -> Iterator[Row]:
    for field, quality in line.items():
        if field.endswith(_QUALITY) and quality is not None:
            name = field.removesuffix(_QUALITY)
            said = line.get(name)
            value = _event(said) if isinstance(said, str) and said.startswith("{") else said
            yield Row(f"{device}/{name}", line["time"], value, quality == 0)


def _asked(server: InfluxServer, database: str, query: str) -> list[dict[str, Any]]:
    asked = {"db": database, "epoch": "u", "q": query}
    with httpx.Client(auth=(server.username, server.password), timeout=60) as client:
        answer = client.get(f"{server.url}/query", params=asked).raise_for_status().json()
    series: list[dict[str, Any]] = answer["results"][0].get("series", [])
    return series


def _event(said: str | bytes | None) -> Value | None:
    """The number in an event of the load; of another event its text."""
    if said is None:
        return None
    content = json.loads(said)
    value: Value = content.get("number", json.dumps(content, sort_keys=True))
    return value


def _first(*values: Value | None) -> Value | None:
    return next((value for value in values if value is not None), None)


def _rows(file: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return db.execute(query, values).fetchall()
