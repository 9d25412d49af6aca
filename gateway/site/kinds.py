"""What device kinds and register maps must keep to among themselves."""

from gateway.model.point import PointKind
from gateway.site.draft import Draft
from gateway.site.kind_points import point
from gateway.site.kind_schema import KindEntry, PointEntry, RegisterEntry
from gateway.site.model import RegisterTable, RegisterType
from gateway.site.problems import suggestion
from gateway.site.rules import check_kind_rules

_BITS = {RegisterTable.COIL, RegisterTable.DISCRETE_INPUT}
_TWO_REGISTERS = {RegisterType.INT32, RegisterType.UINT32, RegisterType.FLOAT32}


def check_kinds(draft: Draft) -> None:
    """Adds what is wrong with any kind or register map, used or not."""
    for name, kind in draft.entries.kinds.items():
        points = {key: point(name, key, entry) for key, entry in kind.points.items()}
        check_kind_rules(draft, name, points)
        _check_commands(draft, name, kind)
    for name, registers in draft.entries.registers.items():
        node = draft.nodes.get("registers", name)
        kind_of = draft.kind(registers.kind, node.get("kind").at)
        if kind_of is not None:
            for key, register in registers.points.items():
                _check_register(draft, (name, key), register, registers.kind, kind_of)


def _check_commands(draft: Draft, kind: str, entry: KindEntry) -> None:
    for action, command in entry.commands.items():
        for index, shows in enumerate(command.confirmed_by):
            node = draft.nodes.get("kinds", kind, "commands", action, "confirmed_by", index)
            found = entry.points.get(shows.point)
            if found is None:
                draft.unknown(node.get("point").at, "point", shows.point, entry.points)
                continue
            for place, state in enumerate(shows.in_):
                if state not in found.states:
                    what = f"'{shows.point}' has no state '{state}'"
                    draft.add(node.get("in", place).at, what, suggestion(state, found.states))


def _check_register(
    draft: Draft, where: tuple[str, str], register: RegisterEntry, kind: str, entry: KindEntry
) -> None:
    profile, name = where
    node = draft.nodes.get("registers", profile, "points", name)
    if name not in entry.points:
        what = f"kind '{kind}' has no point '{name}'"
        draft.add(node.key, what, suggestion(name, entry.points))
        return
    for key, what, expected in _misfits(register, entry.points[name]):
        at = node.get(key).at
        draft.add(at, f"'{name}' {what}", expected)


def _misfits(register: RegisterEntry, point: PointEntry) -> list[tuple[str, str, str]]:
    """Key, what is wrong with it, what was expected."""
    found = []
    if (register.table in _BITS) != (register.type is RegisterType.BIT):
        expected = "expected bit for a coil or discrete_input, and for no other table"
        found.append(("type", f"has type {register.type} in a {register.table}", expected))
    if register.type in _TWO_REGISTERS and register.address == 65535:
        found.append(("address", "does not fit into one register", "expected at most 65534"))
    if point.kind is PointKind.EVENT:
        found.append(("kind", "is an event", "expected a number or a state in a register"))
    if (point.kind is PointKind.STATE) != bool(register.states):
        expected = "expected {raw: state} for a state point, and for no other"
        found.append(("states", "has its raw values wrong", expected))
    for raw, state in (register.states or {}).items():
        if state not in point.states:
            told = f"has no state '{state}' for {raw}"
            found.append(("states", told, suggestion(state, point.states)))
    return found
