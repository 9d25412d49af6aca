"""The commands of a register map: what they write, who may have it written, and what shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.model.command import Action
from gateway.model.point import Point
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_points import check_confirmation
from gateway.site.kind_schema import CommandEntry, KindEntry
from gateway.site.modbus_model import BIT_TABLES, RawWrite, RegisterTable, Writing, Written
from gateway.site.modbus_schema import RegisterMapEntry, WriteOnlyEntry
from gateway.site.modicon import placed
from gateway.site.problems import nearest, suggestion
from gateway.site.register_checks import Misfit
from gateway.site.register_writes import allowed, commanded, setpoint, setpoints

_ORDER: Final = "run-order"
"""The point that starts and stops a pump."""
_FUNCTIONS: Final = {
    (RegisterTable.COIL, False): (5, 15),
    (RegisterTable.COIL, True): (15,),
    (RegisterTable.HOLDING_REGISTER, False): (6, 16),
    (RegisterTable.HOLDING_REGISTER, True): (16,),
}
"""By table, and whether several are written at once."""
_MOST: Final = 123
"""Registers in one request that writes (Modbus Application Protocol V1.1b3, 6.12)."""


def writings(found: RegisterMapEntry, device: str) -> tuple[Writing, ...]:
    """What the map's commands write to that device."""
    return tuple(
        Writing(
            action,
            _written(found, entry.write, device),
            () if entry.release is None else _written(found, entry.release.write, device),
            0 if entry.release is None else entry.release.after,
        )
        for action, entry in found.commands.items()
    )


def confirmed_by(found: RegisterMapEntry, kind: KindEntry) -> Mapping[Action, CommandEntry]:
    """The kind's commands, each with what shows it on devices of that map."""
    own = {
        action: CommandEntry(confirmed_by=entry.confirmed_by)
        for action, entry in found.commands.items()
        if entry.confirmed_by
    }
    return {**kind.commands, **own}


def rights(found: RegisterMapEntry) -> Mapping[Action, str]:
    """What a role must be allowed, where the map says so."""
    return {
        action: entry.right for action, entry in found.commands.items() if entry.right is not None
    }


def check_commands(
    draft: Draft,
    node: Node,
    found: RegisterMapEntry,
    kind: KindEntry,
    points: Mapping[str, Point],
) -> None:
    """Adds what is wrong with the commands of a map. `points`: those it writes rightly, by name."""
    if _ORDER in setpoints(found, points):
        what = f"'{_ORDER}' could be set past every interlock"
        draft.add(node.get("points", _ORDER).key, what, "expected commands that write it")
    _check_write_only(draft, node, found)
    for action, entry in found.commands.items():
        at = node.get("commands", action)
        _check_shown(draft, at, found, action, kind)
        check = _Writes(draft, found, action, points)
        check.values(at.get("write"), entry.write)
        if entry.release is not None:
            check.values(at.get("release", "write"), entry.release.write)


def _written(found: RegisterMapEntry, values: Mapping[str, float | str], device: str) -> Written:
    return tuple(_one(found, name, value, device) for name, value in values.items())


def _one(
    found: RegisterMapEntry, name: str, value: float | str, device: str
) -> tuple[str, float | str] | RawWrite:
    entry = found.write_only.get(name)
    if entry is None:
        return f"{device}/{name}", value
    try:
        table, address = placed(found.addressing, entry.address, entry.table)
    except ValueError:  # told with the map
        return f"{device}/{name}", value
    return RawWrite(table, address, entry.values.get(str(value), ()), entry.function)


def _check_shown(
    draft: Draft, at: Node, found: RegisterMapEntry, action: Action, kind: KindEntry
) -> None:
    """What the gateway itself says shows nothing of what is written: see Commands."""
    entry, command = found.commands[action], kind.commands.get(action)
    if action is Action.SET:
        expected = "expected write at the points that people may set"
        draft.add(at.key, "'set' is no command of a map", expected)
        return
    if command is None:
        what = f"kind '{found.kind}' knows no '{action}'"
        draft.add(at.key, what, nearest(action, kind.commands))
        return
    for index, shows in enumerate(entry.confirmed_by):
        check_confirmation(draft, at.get("confirmed_by", index), shows, kind.points)
    confirming = [shows.point for shows in entry.confirmed_by or command.confirmed_by]
    derived = {name for name, point in kind.points.items() if point.derived}
    first = next((each for each in confirming if each in derived | found.points.keys()), None)
    if first not in found.points:
        what = f"nothing would show that '{action}' was done"
        draft.add(at.key, what, f"expected a register for one of: {', '.join(confirming)}")


@dataclass(frozen=True, slots=True)
class _Writes:
    """What one command writes, held to what can be written."""

    draft: Draft
    found: RegisterMapEntry
    action: Action
    points: Mapping[str, Point]

    def values(self, node: Node, written: Mapping[str, float | str]) -> None:
        """Adds what is wrong with these."""
        for name, value in written.items():
            if name in self.found.write_only:
                self._write_only(node.get(name), name, value)
            else:
                self._point(node.get(name), name, value)

    def _write_only(self, node: Node, name: str, value: float | str) -> None:
        known = self.found.write_only[name].values
        if value not in known:
            what = f"'{name}' has no value '{value}'"
            self.draft.add(node.at, what, suggestion(str(value), known))

    def _point(self, node: Node, name: str, value: float | str) -> None:
        of_map = self.found.points.get(name)
        if of_map is None or of_map.write is None:
            writable = [each for each, point in self.found.points.items() if point.write]
            what = f"'{self.action}' writes '{name}', which has no write"
            known = [*writable, *self.found.write_only]
            self.draft.add(node.key, what, suggestion(name, known))
        elif name in self.points:
            fits = setpoint(self.points[name], self.found, name)
            if not fits.allows(value):
                what = f"'{name}' cannot be set to {value}"
                self.draft.add(node.at, what, f"expected {allowed(fits)}")


def _check_write_only(draft: Draft, node: Node, found: RegisterMapEntry) -> None:
    of_commands = commanded(found)
    for name, entry in found.write_only.items():
        at = node.get("write_only", name)
        if name in found.points:
            expected = "expected another name for what is only written"
            draft.add(at.key, f"'{name}' is a point of the map", expected)
        elif name not in of_commands:
            draft.add(at.key, f"no command writes '{name}'", "expected one that does")
        for key, what, expected in _misfits(found, entry):
            draft.add(at.get(key).at, f"'{name}' {what}", expected)


def _misfits(found: RegisterMapEntry, entry: WriteOnlyEntry) -> Iterator[Misfit]:
    try:
        table, address = placed(found.addressing, entry.address, entry.table)
    except ValueError as error:
        yield "address", "has no such address", str(error)
        return
    if (table, False) not in _FUNCTIONS:
        yield "table", f"cannot be written in {table.one}", "expected a coil or holding register"
        return
    most = min(_MOST, 0x10000 - address)
    highest = 1 if table in BIT_TABLES else 0xFFFF
    for words in entry.values.values():
        if len(words) > most or max(words) > highest:
            expected = f"expected 1 to {most} of them, each 0 to {highest:#x}"
            yield "values", f"cannot write {', '.join(map(hex, words))}", expected
        fitting = _FUNCTIONS[table, len(words) > 1]
        if entry.function is not None and entry.function not in fitting:
            told = f"cannot be written by function {entry.function}"
            yield "function", told, f"expected {' or '.join(map(str, fitting))}"
