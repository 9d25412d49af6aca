"""How machines' states are kept in the ledger: a row for each machine, and one for each person it
knows the whereabouts of, of whom only those who moved are written."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from gateway.access.machine import AnyMachine
from gateway.access.passback import PassbackState
from gateway.access.roll import Known, Roll
from gateway.ledger.tables import access, progress
from gateway.ledger.upsert import upsert
from gateway.model.clock import Micros

logger = logging.getLogger(__name__)

FOLLOWER: Final = "access"
TIME: Final = "access/time"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """States by machine, how far the journal was read by then (None before the first time), and
    what time it was by its readings: those that are read again are to mean the same."""

    states: Mapping[str, Any]
    cursor: int | None
    now: Micros = 0


class States:
    """Knows what the ledger holds of people. One thing at a time."""

    def __init__(self) -> None:
        self._rolls: dict[str, Roll] = {}

    def read(
        self, machines: Iterable[AnyMachine], connection: sa.Connection
    ) -> tuple[Kept, frozenset[str]]:
        """What is kept of those machines, and of which it is there but cannot be read: they begin
        anew, which is told."""
        rows = {row.machine: row.state for row in connection.execute(_every(access.access_state))}
        people: dict[str, list[object]] = defaultdict(list)
        for row in connection.execute(_every(access.access_person)):
            people[row.machine].append(row.known)
        stood = {row.follower: row.seq for row in connection.execute(_every(progress.cursor))}
        states, lost = {}, set()
        for machine in machines:
            if machine.id in rows:
                try:
                    states[machine.id] = restored(
                        type(machine.begin()), rows[machine.id], people[machine.id]
                    )
                except msgspec.ValidationError as error:
                    logger.critical("access: the state of %s is lost: %s", machine.id, error)
                    lost.add(machine.id)
        self.wrote(states)
        kept = Kept(states, stood.get(FOLLOWER), stood.get(TIME, 0))
        return kept, frozenset(lost)

    def write(self, connection: sa.Connection, kept: Kept) -> None:
        """Instead of what is there of those machines."""
        rows = [{"machine": id_, "state": written(state)} for id_, state in kept.states.items()]
        upsert(connection, access.access_state, rows)
        stands = {FOLLOWER: kept.cursor, TIME: kept.now}
        rows = [{"follower": name, "seq": place} for name, place in stands.items()]
        upsert(connection, progress.cursor, rows)
        for id_, state in kept.states.items():
            self._write_people(connection, id_, roll_of(state))

    def wrote(self, states: Mapping[str, Any]) -> None:
        """That has been committed, or read."""
        self._rolls |= {id_: roll_of(state) for id_, state in states.items()}

    def doubt(self, machines: Iterable[str]) -> None:
        """Whether that has been committed is not known: all is written anew next."""
        for id_ in machines:
            self._rolls.pop(id_, None)

    def _write_people(self, connection: sa.Connection, machine: str, roll: Roll) -> None:
        person = access.access_person
        before = self._rolls.get(machine)
        if before is None:
            connection.execute(sa.delete(person).where(person.c.machine == machine))
        known, gone = roll.changes(before or Roll())
        if gone:
            which = (person.c.machine == machine) & (person.c.who == sa.bindparam("gone"))
            connection.execute(sa.delete(person).where(which), [{"gone": who} for who in gone])
        rows = [{"machine": machine, "who": k.who, "known": msgspec.to_builtins(k)} for k in known]
        upsert(connection, person, rows)


def written(state: object) -> Any:
    """As JSON values, without people."""
    return msgspec.to_builtins(state, enc_hook=_written)


def restored(kind: type[T], state: object, people: Iterable[object]) -> T:
    """The state again. msgspec.ValidationError where it is none of that kind."""
    known = msgspec.convert([*people], list[Known])

    def read(wanted: type, value: object) -> object:
        """msgspec asks for every `object` as well."""
        return Roll(known) if wanted is Roll else value

    return msgspec.convert(state, kind, dec_hook=read)


def roll_of(state: object) -> Roll:
    """Whom it knows the whereabouts of."""
    return state.people if isinstance(state, PassbackState) else Roll()


def _written(value: object) -> None:
    if not isinstance(value, Roll):
        raise NotImplementedError(f"a state holds a {type(value).__name__}")


def _every(table: sa.Table) -> "sa.Select[Any]":
    return sa.select(table)
