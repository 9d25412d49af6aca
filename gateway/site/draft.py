"""A site file on its way to a Site: what stands in it, where, and what is wrong so far."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from gateway.site.connection_schema import ConnectionEntry
from gateway.site.document import Node
from gateway.site.kind_schema import KindEntry
from gateway.site.mapping_schema import MappingEntry
from gateway.site.modbus_schema import RegisterMapEntry
from gateway.site.problems import Place, Problem, suggestion
from gateway.site.schema import Entries, ProcedureEntry

Found = TypeVar("Found")


class Draft:
    """`entries` are the sound ones and `nodes` where they stand, index by index. `whole` also
    holds the wrong ones: what refers to one of those is not at fault."""

    def __init__(self, entries: Entries, nodes: Node, whole: Node, problems: list[Problem]) -> None:
        self.entries = entries
        self.nodes = nodes
        self.problems = problems
        self._whole = whole
        self._unknown: set[tuple[Place, str]] = set()
        self.device_ids = _ids(whole.get("devices"))
        self.rule_ids = _ids(whole.get("rules"))
        """Of the site's own rules."""

    def add(self, at: Place, what: str, expected: str) -> None:
        """One more problem."""
        self.problems.append(Problem(at, what, expected))

    def unknown(self, at: Place, kind: str, name: str, known: Iterable[str]) -> None:
        """One more name of that kind that is not among `known`.

        Told once for a place: searching 10,000 names for near ones takes its time.
        """
        if (at, kind) not in self._unknown:
            self._unknown.add((at, kind))
            self.add(at, f"unknown {kind} '{name}'", suggestion(name, known))

    def connection(self, name: str, at: Place) -> ConnectionEntry | None:
        """The connection of that name; None, and a problem, where there is none."""
        return self._refer("connections", self.entries.connections, name, at, "connection")

    def kind(self, name: str, at: Place) -> KindEntry | None:
        """The device kind of that name; None, and a problem, where there is none."""
        return self._refer("kinds", self.entries.kinds, name, at, "kind")

    def registers(self, name: str, at: Place) -> RegisterMapEntry | None:
        """The register map of that name; None, and a problem, where there is none."""
        return self._refer("registers", self.entries.registers, name, at, "profile")

    def mapping(self, name: str) -> MappingEntry | None:
        """The site's mapping of that name; None where it is wrong, or there is none."""
        return self.entries.mappings.get(name)

    def profiles(self, brought: Iterable[str]) -> set[str]:
        """What an MQTT device's profile may be: what Gatehouse brings, and the site's mappings."""
        own = self._whole.child("mappings")
        return {*brought, *(own.entries if own else ())}

    def procedure(self, name: str, at: Place) -> ProcedureEntry | None:
        """The step list of that name; None, and a problem, where there is none."""
        return self._refer("procedures", self.entries.procedures, name, at, "procedure")

    def _refer(
        self, section: str, sound: Mapping[str, Found], name: str, at: Place, word: str
    ) -> Found | None:
        child = self._whole.child(section)
        declared = child.entries if child else {}
        if name not in declared:
            self.unknown(at, word, name, declared)
        return sound.get(name)


def _ids(section: Node) -> frozenset[str]:
    return frozenset(
        str(entry.entries["id"].value) for entry in section.items if "id" in entry.entries
    )
