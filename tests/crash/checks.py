"""What must hold at the end of a run: pure questions to the evidence."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from drivers.mqtt.profiles.json_message import FAST_AT_MOST
from tests.crash.access.checks import ACCESS_CHECKS
from tests.crash.access.evidence import AccessEvidence
from tests.crash.load import Said, Taken
from tests.crash.plan import Round
from tests.crash.stored import Alarm, Identity, Move, Row, Ticket

UNSAVED_AT_MOST_S: Final = 5.0
UNSAVED_AT_MOST: Final = 20
"""How young a message must be that the broker may lose when it is killed, or among how many of its
newest. It saves after so many changes (`parts.KEEPING`): on a busy machine a moment later, and
without further changes never. One that was older it has not lost."""


@dataclass(frozen=True, slots=True)
class Done:
    """A round that was played, and when its act began (monotonic seconds)."""

    round: Round
    at: float


@dataclass(frozen=True)
class Evidence:
    """What was said, who took it over, and what is stored.

    `said`, `taken`, `acknowledged` and `held_in` by message id: see Load and Tap. `deaths` are the
    instants at which the broker's lives ended.
    """

    seed: int
    done: tuple[Done, ...]
    took_s: float
    said: Mapping[str, Said]
    taken: Mapping[str, Taken]
    acknowledged: Mapping[str, int]
    given_again: int
    held_in: Mapping[str, int]
    deaths: tuple[float, ...]
    journal: tuple[Row, ...]
    duckdb: tuple[Row, ...]
    influx: tuple[Row, ...]
    alarms: tuple[Alarm, ...]
    tickets: tuple[Ticket, ...]
    moves: tuple[Move, ...]
    influx_moves: tuple[Move, ...]
    access: AccessEvidence

    @cached_property
    def in_journal(self) -> Mapping[str, tuple[Row, ...]]:
        """By message id, the readings it became."""
        return self.by_message(self.journal)

    @cached_property
    def lost_by_broker(self) -> Collection[str]:
        """Messages the broker had acknowledged, lost when it was killed and so never gave to the
        gateway again."""
        return [
            id_
            for id_, taken in self.taken.items()
            if id_ not in self.in_journal
            and id_ not in self.acknowledged
            and self.held_in.get(id_, taken.life) <= taken.life < len(self.deaths)
            and self._unsaved(taken)
        ]

    def _unsaved(self, taken: Taken) -> bool:
        if self.deaths[taken.life] - taken.at < UNSAVED_AT_MOST_S:
            return True
        newer = sum(t.life == taken.life and t.at > taken.at for t in self.taken.values())
        return newer < UNSAVED_AT_MOST

    def by_message(self, rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
        """The rows that are readings of the load, by message id."""
        found: dict[str, list[Row]] = {}
        for row in rows:
            id_ = self.message_of(row)
            if id_ is not None:
                found.setdefault(id_, []).append(row)
        return {id_: tuple(rows) for id_, rows in found.items()}

    def message_of(self, row: Row) -> str | None:
        """The id of the message that row is the reading of; None for what the gateway said. One
        that another overtook on its way is stale, at the device's own instant."""
        if row.value is None:
            return None
        id_ = self._by_content.get((row.point, row.value))
        late = id_ is not None and row.taken_at == self.said[id_].at
        return id_ if row.good or late else None

    @cached_property
    def _by_content(self) -> Mapping[tuple[str, object], str]:
        return {(said.point, said.value): id_ for id_, said in self.said.items()}


Check = Callable[[Evidence], Iterable[str]]
"""Names what is not as it must be."""


def failures(evidence: Evidence) -> dict[str, list[str]]:
    """By check, what it found; nothing where all is well."""
    found = {name: list(check(evidence)) for name, check in CHECKS.items()}
    found |= {name: list(check(evidence.access)) for name, check in ACCESS_CHECKS.items()}
    return {name: problems for name, problems in found.items() if problems}


def _acknowledged_by_gateway(e: Evidence) -> Iterable[str]:
    return (id_ for id_ in e.acknowledged if id_ in e.said and id_ not in e.in_journal)


def _acknowledged_by_broker(e: Evidence) -> Iterable[str]:
    excused = set(e.lost_by_broker)
    return (id_ for id_ in e.taken if id_ not in e.in_journal and id_ not in excused)


def _in_duckdb(e: Evidence) -> Iterable[str]:
    return _missing(e, e.duckdb)


def _in_influx(e: Evidence) -> Iterable[str]:
    return _missing(e, e.influx)


def _missing(e: Evidence, rows: Iterable[Row]) -> Iterator[str]:
    stored = set(rows)
    for row in e.journal:
        if row not in stored:
            yield e.message_of(row) or f"{row.point} at {row.taken_at}: {row.value}"


def stored_more_than_once(e: Evidence) -> Iterable[str]:
    """Messages of which a second delivery became a second reading."""
    return (id_ for id_, rows in e.in_journal.items() if len(rows) > 1)


def _twice_in_duckdb(e: Evidence) -> Iterable[str]:
    return _twice(row.identity for row in e.duckdb)


def _twice_in_influx(e: Evidence) -> Iterable[str]:
    return _twice(row.identity for row in e.influx)


def _twice(identities: Iterable[Identity]) -> Iterator[str]:
    for (point, at), times in Counter(identities).items():
        if times > 1:
            yield f"{point} at {at}: {times} times"


def _nobody_said(e: Evidence) -> Iterator[str]:
    journal = {row.identity for row in e.journal}
    for name, rows in (("DuckDB", e.duckdb), ("InfluxDB", e.influx)):
        for row in rows:
            if row.identity not in journal:
                yield f"{name}: {row.point} at {row.taken_at}: {row.value}"


def _at_another_time(e: Evidence) -> Iterator[str]:
    for id_, rows in e.in_journal.items():
        at = e.said[id_].at
        for row in rows:
            if at is not None and row.taken_at != at and at - row.taken_at <= FAST_AT_MOST:
                yield f"{id_}: {(row.taken_at - at) / 1e6:+.6f} s"


def _one_alarm(e: Evidence) -> Iterator[str]:
    found = Counter(alarm.rule for alarm in e.alarms)
    yield from (f"{rule}: {found[rule]} alarms" for rule in expected(e) if found[rule] != 1)
    nobodys = (rule for rule in found if _of_load(rule) and rule not in expected(e))
    yield from (f"{rule}: nobody said so" for rule in nobodys)


def _raised_once(e: Evidence) -> Iterator[str]:
    rules = expected(e)
    for alarm in e.alarms:
        raised = alarm.moves.count("raise")
        if alarm.rule in rules and raised != 1:
            yield f"{alarm.rule}: raised {raised} times"


def _one_ticket(e: Evidence) -> Iterator[str]:
    rules = expected(e)
    opened = Counter(t.rule for t in e.tickets for what in t.entries if what == "opened")
    yield from (f"{rule}: {opened[rule]} tickets" for rule in rules if opened[rule] != 1)
    theirs = {ticket.number: ticket.rule for ticket in e.tickets}
    for alarm in e.alarms:
        if alarm.rule in rules and theirs.get(alarm.ticket or 0) != alarm.rule:
            yield f"{alarm.rule}: under ticket {alarm.ticket}"


def _ticket_numbers(e: Evidence) -> Iterator[str]:
    numbers = [ticket.number for ticket in e.tickets]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"{numbers}"


def _moves_in_influx(e: Evidence) -> Iterator[str]:
    told, made = Counter(e.influx_moves), Counter(e.moves)
    for move in sorted(told.keys() | made.keys()):
        if told[move] != made[move]:
            yield f"{move}: {told[move]} times, in the ledger {made[move]}"


def expected(e: Evidence) -> Mapping[str, str]:
    """The rules that must have an alarm: the messages that say why."""
    rules = {"contact": "propped", "breach": "breach"}
    told = ((id_, e.said[id_].point.split("/")) for id_ in e.in_journal)
    return {f"{device}/{rules[name]}": id_ for id_, (device, name) in told if name in rules}


def _of_load(rule: str) -> bool:
    return rule.startswith(("door-", "zone-"))


CHECKS: Final[Mapping[str, Check]] = {
    "acknowledged by the gateway and not in the journal": _acknowledged_by_gateway,
    "acknowledged by the broker and lost, not by the broker": _acknowledged_by_broker,
    "in the journal and not in DuckDB": _in_duckdb,
    "in the journal and not in InfluxDB": _in_influx,
    "stored more than once": stored_more_than_once,
    "twice in DuckDB": _twice_in_duckdb,
    "twice in InfluxDB": _twice_in_influx,
    "in a history and not in the journal": _nobody_said,
    "stored at another time than told": _at_another_time,
    "not exactly one alarm": _one_alarm,
    "not raised exactly once": _raised_once,
    "not exactly one ticket": _one_ticket,
    "ticket numbers with gaps": _ticket_numbers,
    "moves of alarms not in InfluxDB exactly once": _moves_in_influx,
}
