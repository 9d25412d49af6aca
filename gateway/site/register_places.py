"""Where a register map says that its points lie: table and address, as the protocol counts."""

from typing import Final

from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.modbus_model import RegisterTable
from gateway.site.modbus_schema import RegisterEntry, RegisterMapEntry
from gateway.site.modicon import looks_like_one, placed

Place = tuple[RegisterTable, int]

_STAND_IN: Final[Place] = RegisterTable.HOLDING_REGISTER, 0


def place(found: RegisterMapEntry, entry: RegisterEntry) -> Place:
    """Where it lies; where it lies nowhere, which `check_places` tells, a stand-in: rules must not
    be told to lack the point."""
    return _place(found, entry) if lies(found, entry) else _STAND_IN


def lies(found: RegisterMapEntry, entry: RegisterEntry) -> bool:
    """Whether there is such an address."""
    try:
        _place(found, entry)
    except ValueError:
        return False
    return True


def check_places(draft: Draft, node: Node, found: RegisterMapEntry) -> None:
    """Adds what is wrong with the addresses of a map; where Modicon's were meant, that alone."""
    nowhere = [name for name, entry in found.points.items() if not lies(found, entry)]
    for name in nowhere if found.addressing == "protocol" else ():
        number = found.points[name].address
        if looks_like_one(number):
            told = f"addresses such as {number} look like Modicon's numbers"
            expected = "expected addressing: modicon in the map, or table and address from 0"
            draft.add(node.get("points", name, "address").at, told, expected)
            return
    for name in nowhere:
        try:
            _place(found, entry := found.points[name])
        except ValueError as error:
            lacks = "no table" if _table_is_missing(found, entry) else "no such address"
            draft.add(node.get("points", name, "address").at, f"'{name}' has {lacks}", str(error))


def _place(found: RegisterMapEntry, entry: RegisterEntry) -> Place:
    return placed(found.addressing, entry.address, entry.table)


def _table_is_missing(found: RegisterMapEntry, entry: RegisterEntry) -> bool:
    return found.addressing == "protocol" and entry.table is None and entry.address <= 0xFFFF
