"""Whether the audit record is as it was written: what its chain of hashes tells. Pure.

A chain finds what was changed inside it. It cannot find that its end was cut off, or that somebody
who may write to the database wrote a whole new one: for that hashes are kept elsewhere, on signed
sheets and with backups (`expected`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.ledger import chain
from gateway.model.clock import Micros
from gateway.security.audit_trail import AuditEntry, Seal

NEARBY: Final = 1_000
"""How many entries to either side are looked at for the one that an entry was written after."""


class FaultKind(StrEnum):
    """What is wrong, in words for the report."""

    ALTERED = "was altered, or what stood before it was taken away"
    MISSING = "what stood before it was taken away"
    MISPLACED = "does not belong here: it was inserted, or moved"
    CUT_OFF = "no entry has the expected hash: the end was cut off, or all was written anew"


@dataclass(frozen=True, slots=True)
class Fault:
    """At that entry; 0 where it is at none that is there."""

    kind: FaultKind
    entry: int = 0
    at: Micros = 0


class Check:
    """Of one record: `take` its entries by id, then `end`. `seals` are those of all entries:
    the neighbours' tell whether one was inserted, moved or altered."""

    def __init__(self, seals: Sequence[Seal], expected: Iterable[str] = ()) -> None:
        self._seals = seals
        self._expected = frozenset(expected)
        self._told: set[int] = set()
        self.count = 0

    @property
    def newest(self) -> str:
        """The hash to be kept elsewhere."""
        return self._seals[-1].hash if self._seals else chain.BEGINNING

    def take(self, entry: AuditEntry) -> Iterator[Fault]:
        """What is wrong with the next entry, or with those before it."""
        if self.count == len(self._seals):  # written since they were asked for
            return
        index, self.count = self.count, self.count + 1
        for fault in self._faults(entry, index):
            if fault.entry not in self._told:
                self._told.add(fault.entry)
                yield fault

    def end(self) -> Iterator[Fault]:
        """What is wrong with the whole."""
        if not self._expected <= {seal.hash for seal in self._seals}:
            yield Fault(FaultKind.CUT_OFF)

    def _faults(self, entry: AuditEntry, index: int) -> Iterator[Fault]:
        above = self._written_after(entry, index)
        if above == index - 1:
            return
        if above is None:
            gap = entry.id - (self._seals[index - 1].id if index else 0) > 1
            yield Fault(FaultKind.MISSING if gap else FaultKind.ALTERED, entry.id, entry.at)
        elif above > index:
            yield Fault(FaultKind.MISPLACED, entry.id, entry.at)
        else:
            for seal in self._seals[above + 1 : index]:
                yield Fault(FaultKind.MISPLACED, seal.id, seal.at)

    def _written_after(self, entry: AuditEntry, index: int) -> int | None:
        """The place of the entry before it when it was written, -1 for the beginning; None where
        that is nowhere near."""
        line = entry.line()
        for distance in range(NEARBY):
            for place in {index - 1 - distance, index - 1 + distance}:
                above = self._hash(place)
                if above is not None and chain.link(above, line) == entry.hash:
                    return place
        return None

    def _hash(self, place: int) -> str | None:
        if place == -1:
            return chain.BEGINNING
        return self._seals[place].hash if 0 <= place < len(self._seals) else None
