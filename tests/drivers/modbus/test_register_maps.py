"""The bundled register maps against the vendors' documents: what lies at which address on the wire,
and what it says. Where a document gives an example, it is that."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.modbus.codec import decode
from gateway.model.clock import SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality, Value
from gateway.site import bundled
from gateway.site.load import load_site
from gateway.site.modbus_model import (
    ModbusAddress,
    RawWrite,
    RegisterPoint,
    RegisterTable,
    Writing,
)

SITE = """\
site: {{id: court, name: Court, time_zone: Asia/Shanghai, data: data}}
connections: {{plant: {{type: modbus-tcp, host: 127.0.0.1}}}}
devices:
  - {{id: d, kind: {kind}, profile: {profile}, connection: plant, unit: 1, name: D, place: P}}
"""


@dataclass(frozen=True, slots=True)
class Map:
    """Per point the address of its first register, the bytes there, and the value they are."""

    kind: str
    table: RegisterTable
    points: Mapping[str, tuple[int, bytes, Value]]


def real(value: float) -> bytes:
    return struct.pack(">f", value)


def low_word_first(data: bytes) -> bytes:
    return data[2:] + data[:2]


MAPS = {
    "eastron-sdm630": Map(
        "energy-meter",
        RegisterTable.INPUT_REGISTER,
        {
            "voltage-l1": (0x0000, bytes.fromhex("43 66 33 34"), 230.2),  # the document's
            "voltage-l2": (0x0002, real(229.5), 229.5),
            "voltage-l3": (0x0004, real(231.25), 231.25),
            "current-l1": (0x0006, real(12.5), 12.5),
            "current-l2": (0x0008, real(11.75), 11.75),
            "current-l3": (0x000A, real(0.5), 0.5),
            "power": (0x0034, real(5690.0), 5.69),
            "power-factor": (0x003E, real(-0.97), -0.97),
            "frequency": (0x0046, real(50.02), 50.02),
            "energy": (0x0048, real(123456.7), 123456.7),
        },
    ),
    "schneider-iem3155": Map(
        "energy-meter",
        RegisterTable.HOLDING_REGISTER,
        {
            "current-l1": (0x0BB7, real(12.5), 12.5),
            "current-l2": (0x0BB9, real(11.75), 11.75),
            "current-l3": (0x0BBB, real(0.5), 0.5),
            "voltage-l1": (0x0BD3, real(230.25), 230.25),
            "voltage-l2": (0x0BD5, real(229.5), 229.5),
            "voltage-l3": (0x0BD7, real(231.0), 231.0),
            "power": (0x0BF3, real(5.69), 5.69),
            "frequency": (0x0C25, real(49.98), 49.98),
            "energy": (0x0C83, struct.pack(">q", 98_765_432_101), 98_765_432.101),
        },
    ),
    "carlo-gavazzi-em340": Map(
        "energy-meter",
        RegisterTable.INPUT_REGISTER,
        {
            "voltage-l1": (0x0000, bytes.fromhex("08 FE 00 00"), 230.2),
            "voltage-l2": (0x0002, bytes.fromhex("08 F7 00 00"), 229.5),
            "voltage-l3": (0x0004, bytes.fromhex("09 08 00 00"), 231.2),
            "current-l1": (0x000C, bytes.fromhex("30 D4 00 00"), 12.5),
            "current-l2": (0x000E, bytes.fromhex("FF FF FF FF"), -0.001),
            "current-l3": (0x0010, bytes.fromhex("E2 40 00 01"), 123.456),
            "power": (0x0028, low_word_first(struct.pack(">i", -56_900)), -5.69),
            "power-factor": (0x0031, struct.pack(">h", -970), -0.97),
            "frequency": (0x0033, struct.pack(">h", 500), 50.0),
            "energy": (0x0034, low_word_first(struct.pack(">i", 1_234_567)), 123_456.7),
        },
    ),
    "abb-b23": Map(
        "energy-meter",
        RegisterTable.HOLDING_REGISTER,
        {
            "energy": (0x5000, struct.pack(">Q", 12_345_678_901), 123_456_789.01),
            "voltage-l1": (0x5B00, struct.pack(">I", 2302), 230.2),
            "voltage-l2": (0x5B02, struct.pack(">I", 2295), 229.5),
            "voltage-l3": (0x5B04, struct.pack(">I", 0xFFFFFFFF), None),
            "current-l1": (0x5B0C, struct.pack(">I", 1250), 12.5),
            "current-l2": (0x5B0E, struct.pack(">I", 0), 0.0),
            "current-l3": (0x5B10, struct.pack(">I", 0xFFFFFFFF), None),
            "power": (0x5B14, struct.pack(">i", -569_000), -5.69),
            "frequency": (0x5B2C, struct.pack(">H", 4998), 49.98),
            "power-factor": (0x5B3A, struct.pack(">h", 0x7FFF), None),
        },
    ),
    "apc-smart-ups": Map(
        "ups",
        RegisterTable.HOLDING_REGISTER,
        {
            "state": (0, struct.pack(">I", 1 << 13 | 1 << 1), "online"),  # and in its green mode
            "battery": (19, struct.pack(">H", 0b100), "worn"),
            "runtime": (128, struct.pack(">I", 2700), 45.0),
            "charge": (130, struct.pack(">H", 100 << 9), 100.0),
            "temperature": (135, struct.pack(">h", -5 << 7), -5.0),
            "load": (136, struct.pack(">H", 42 << 8), 42.0),
        },
    ),
    "deep-sea-gencomm": Map(
        "generator",
        RegisterTable.HOLDING_REGISTER,
        {
            "mode": (3 * 256 + 4, struct.pack(">H", 1), "auto"),
            "alarm": (3 * 256 + 6, struct.pack(">H", 1 << 13), "fault"),
            "coolant": (4 * 256 + 1, struct.pack(">h", -7), -7.0),
            "fuel": (4 * 256 + 3, struct.pack(">H", 82), 82.0),  # these two: a maker's example
            "battery": (4 * 256 + 5, struct.pack(">H", 269), 26.9),
            "frequency": (4 * 256 + 7, struct.pack(">H", 0xFFFF), None),  # unimplemented
            "state": (5 * 256 + 128, struct.pack(">H", 3), "running"),
            "power": (6 * 256, struct.pack(">i", 80_500), 80.5),
            "hours": (7 * 256 + 6, struct.pack(">I", 5_400_000), 1500.0),
            "starts": (7 * 256 + 16, struct.pack(">I", 77), 77.0),
        },
    ),
    "grundfos-cim": Map(
        "pump",
        RegisterTable.INPUT_REGISTER,
        {
            "run": (200, struct.pack(">H", 1 << 9 | 1 << 6), "running"),
            "fault": (200, struct.pack(">H", 1 << 9 | 1 << 6), "ok"),
            "current": (308, struct.pack(">H", 112), 11.2),
            "hours": (326, struct.pack(">I", 70_042), 70_042.0),
            "starts": (333, struct.pack(">I", 0xFFFFFFFF), None),
        },
    ),
    "tuf-2000": Map(
        "water-meter",
        RegisterTable.HOLDING_REGISTER,
        {
            # A real meter's 36.63 (in its register of a temperature).
            "flow": (0, bytes.fromhex("80 6B 42 12"), 36.62541),
            "volume": (8, low_word_first(struct.pack(">i", 123_456)), 123_456.0),
        },
    ),
}


def address(folder: Path, kind: str, profile: str) -> ModbusAddress:
    """That of a device with that profile."""
    file = folder / "site.yaml"
    file.write_text(SITE.format(kind=kind, profile=profile), "utf-8")
    (device,) = load_site(file, {}).devices
    assert isinstance(device.address, ModbusAddress)
    return device.address


def registers(folder: Path, kind: str, profile: str) -> Mapping[str, RegisterPoint]:
    """Its registers, by point."""
    asked = address(folder, kind, profile).registers
    return {each.point.id.removeprefix("d/"): each for each in asked}


@pytest.mark.parametrize("profile", MAPS)
def test_a_map_reads_every_value_from_its_address(tmp_path: Path, profile: str) -> None:
    vendor = MAPS[profile]
    found = registers(tmp_path, vendor.kind, profile)
    assert found.keys() == vendor.points.keys()
    for name, (address, data, value) in vendor.points.items():
        register = found[name]
        assert (register.table, register.address) == (vendor.table, address), name
        said, quality = decode(register, struct.unpack(f">{len(data) // 2}H", data))
        expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
        assert said == expected, name
        assert quality is (Quality.BAD if value is None else Quality.GOOD), name


def test_every_vendors_map_is_tried_here_and_tells_who_says_so() -> None:
    vendors = {name: node for name, node in bundled.registers().items() if "demo-" not in name}
    assert vendors.keys() == MAPS.keys()
    assert all(str(node.get("source").value) for node in vendors.values())


@pytest.mark.parametrize(
    ("bits", "state"),
    [(0x02, "online"), (0x04, "on-battery"), (0x08, "bypass"), (0x10, "off"), (0x20, "fault"),
     (0x24, "fault"), (0x00, "unknown"), (0x06, "unknown")],
)  # fmt: skip
def test_a_smart_ups_is_in_one_state_or_nobody_knows(tmp_path: Path, bits: int, state: str) -> None:
    register = registers(tmp_path, "ups", "apc-smart-ups")["state"]
    assert decode(register, (0, bits)) == (state, Quality.GOOD)


@pytest.mark.parametrize(
    ("raw", "state"),
    [(0, "stopped"), (1, "starting"), (2, "starting"), (3, "running"), (4, "stopping"),
     (5, "stopped"), (6, "stopped"), (15, "unknown")],
)  # fmt: skip
def test_a_generator_that_does_not_tell_its_state_is_unknown(
    tmp_path: Path, raw: int, state: str
) -> None:
    register = registers(tmp_path, "generator", "deep-sea-gencomm")["state"]
    assert decode(register, (raw,)) == (state, Quality.GOOD)


@pytest.mark.parametrize("raw", range(0x7FF8, 0x8000))
def test_what_a_generator_says_in_place_of_a_temperature_is_none(tmp_path: Path, raw: int) -> None:
    register = registers(tmp_path, "generator", "deep-sea-gencomm")["coolant"]
    assert decode(register, (raw,)) == (None, Quality.BAD)


def test_a_gencomm_key_goes_with_its_complement(tmp_path: Path) -> None:
    """The keys of GenComm's page 16, registers 8 and 9 (056-051, issue 3)."""
    written = address(tmp_path, "generator", "deep-sea-gencomm").writings
    keys = {Action.START: (35732, 29803), Action.STOP: (35733, 29802)}
    assert all(key ^ complement == 0xFFFF for key, complement in keys.values())
    assert {each.action: each.values for each in written} == {
        action: (RawWrite(RegisterTable.HOLDING_REGISTER, 16 * 256 + 8, words),)
        for action, words in keys.items()
    }


def test_a_grundfos_control_word_is_that_of_the_makers_examples(tmp_path: Path) -> None:
    """Register 00101 is 0x0064 on the wire; 0x0003 starts, 0x0001 stops, bit 2 resets."""
    written = address(tmp_path, "pump", "grundfos-cim").writings

    def word(value: int) -> tuple[RawWrite]:
        return (RawWrite(RegisterTable.HOLDING_REGISTER, 0x0064, (value,)),)

    assert written == (
        Writing(Action.START, word(0x0003)),
        Writing(Action.STOP, word(0x0001)),
        Writing(Action.RESET, word(0x0005), word(0x0001), SECOND // 2),
    )
