"""Modicon's numbers for registers: a digit for the table, then five or four from 1 on."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.model.text import Text
from gateway.site.modbus_model import ModbusAddress, RegisterTable
from gateway.site.model import Device

_TABLES: Final = {
    RegisterTable.COIL: 0,
    RegisterTable.DISCRETE_INPUT: 1,
    RegisterTable.INPUT_REGISTER: 3,
    RegisterTable.HOLDING_REGISTER: 4,
}


def modicon(number: int, table: RegisterTable | None) -> tuple[RegisterTable, int]:
    """The table and the protocol's address: 40001 and 400001 are holding register 0.

    YAML drops leading noughts, so that 10001 may be discrete input 1 or, written 010001, coil
    10001: raises ValueError, with a clause for the reader, unless `table` says which, and for what
    is no number of `table`, or of any.
    """
    found = dict(_readings(number))
    if table is None and len(found) > 1 and RegisterTable.DISCRETE_INPUT in found:
        raise ValueError("expected table: discrete_input or table: coil beside it")
    if table is None and found:
        # A coil is of type bit, without a bit: taken for a register it is told.
        table = max(found, key=_TABLES.__getitem__)
    if table is None or table not in found:
        raise ValueError(_expected(table))
    return table, found[table]


def _expected(table: RegisterTable | None) -> str:
    of = "a Modicon number" if table is None else f"{table.one}'s number"
    such = table or RegisterTable.HOLDING_REGISTER
    digit, first = _TABLES[such], such.replace("_", " ")
    return f"expected {of}, such as {digit}0001 or {digit}00001 for {first} 0"


def placed(addressing: str, number: int, table: RegisterTable | None) -> tuple[RegisterTable, int]:
    """The table and the protocol's address of what a register map with that `addressing` writes.
    Raises ValueError, with a clause for the reader, for an address that there is not."""
    if addressing == "modicon":
        return modicon(number, table)
    if number > 0xFFFF:
        raise ValueError("expected 0 to 65535, or addressing: modicon for the whole map")
    if table is None:
        raise ValueError(f"expected table: one of {', '.join(RegisterTable)} beside it")
    return table, number


def number_of(table: RegisterTable, address: int) -> str:
    """The way back: 40001 for holding register 0, of five digits where there is one."""
    return f"{_TABLES[table]}{address + 1:0{4 if address < 9999 else 5}}"


def perhaps_meant(devices: Iterable[Device]) -> Iterator[Text]:
    """A line for each whose every address, taken for the protocol's, looks like such a number."""
    for device in devices:
        if not isinstance(device.address, ModbusAddress):
            continue
        asked = device.address.registers
        if asked and all(_is_one_of(each.table, each.address) for each in asked):
            place = f"{asked[0].table} {asked[0].address}"
            yield Text(
                f"{device.id} is asked for {place} on the wire; write addressing: modicon if its"
                " list numbers them from 30001 or 40001",
                f"{device.id} 在线上按 {place} 读取；若其寄存器表从 30001 或 40001 起编号，"
                "请写 addressing: modicon",
            )


def looks_like_one(number: int) -> bool:
    """Whether a vendor's list that has it most likely numbers its registers so: 30001, 400001."""
    return any(_TABLES[table] > 1 for table, _ in _readings(number))


def _is_one_of(table: RegisterTable, address: int) -> bool:
    digit = _TABLES[table]
    return digit > 1 and digit * 10_000 < address < (digit + 1) * 10_000


def _readings(number: int) -> Iterator[tuple[RegisterTable, int]]:
    for table, digit in _TABLES.items():
        for one in (10_000, 100_000):
            address = number - digit * one - 1
            if 0 <= address < (9999 if one == 10_000 else 0x10000):
                yield table, address
                break
