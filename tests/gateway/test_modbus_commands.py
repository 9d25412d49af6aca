"""`gatehouse modbus …` as an engineer uses it, against libmodbus."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.journal.lock import lock
from tests.drivers.modbus.field import HOST, wire
from tests.drivers.modbus.real_peers import (
    compiled,
    libmodbus_on_line,
    libmodbus_on_tcp,
    serial_pair,
)

SITE = """\
site: {{id: court, name: Court, time_zone: UTC, data: data}}
connections:
  plant: {{type: modbus-tcp, host: 127.0.0.1, port: {port}}}
  bus: {{type: modbus-serial, port: /dev/ttyS99}}
"""

SERIAL_SITE = """\
site: {{id: court, name: Court, time_zone: UTC, data: data}}
connections:
  bus: {{type: modbus-serial, port: {port}, baud: 19200, parity: none, timeout: 300ms}}
"""


def run(*arguments: str) -> int:
    """The exit status of `gatehouse modbus ARGUMENTS`."""
    with pytest.raises(SystemExit) as ended:
        main(["modbus", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("libmodbus"))


@pytest.fixture
def port(program: Path, tmp_path: Path) -> Iterator[int]:
    """Of a libmodbus server, which takes one client at a time."""
    with libmodbus_on_tcp(program, tmp_path) as (_, port):
        yield port


@pytest.fixture
def site(tmp_path: Path, port: int) -> Path:
    file = tmp_path / "site.yaml"
    file.write_text(SITE.format(port=port))
    return file


@pytest.fixture
def serial_site(program: Path, tmp_path: Path) -> Iterator[Path]:
    """Its line `bus` has libmodbus as unit 1 at the other end."""
    with serial_pair(tmp_path) as pair, libmodbus_on_line(program, pair.far, tmp_path):
        file = tmp_path / "site.yaml"
        file.write_text(SERIAL_SITE.format(port=pair.near))
        yield file


def test_registers_are_read_and_shown_with_what_they_hold(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"{HOST}:{port}"
    assert run("read", line, "1", "holding_register", "7", "2") == 0
    assert run("read", line, "1", "input_register", "100", "--type", "float32") == 0
    assert run("read", line, "1", "coil", "3", "--language", "zh") == 0
    assert capsys.readouterr().out.splitlines() == [
        "address  raw  value",
        "      7  0x03EF  1007",
        "      8  0x03F0  1008",
        "address  raw  value",
        "    100  0x3FC0 0x0000  1.5",
        "地址  原始值  数值",
        "      3  0x0001  1",
    ]


def test_an_address_is_taken_in_hexadecimal_and_what_is_none_is_told(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"{HOST}:{port}"
    assert run("read", line, "1", "input_register", "0x64", "--type", "float32") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "    100  0x3FC0 0x0000  1.5"
    for wrong in ("400001", "4G"):
        assert run("read", line, "1", "holding_register", wrong) == 2
        assert capsys.readouterr().err.startswith(f"{wrong}: is no address; give the protocol's")


def test_a_value_is_written_after_a_question_and_read_back(
    port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"{HOST}:{port}"
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    assert run("write", line, "1", "holding_register", "7", "0x10") == 1
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    assert run("read", line, "1", "holding_register", "7") == 0
    assert "1007" in capsys.readouterr().out, "no is no"
    assert run("write", line, "1", "holding_register", "7", "0x10") == 0
    shown = capsys.readouterr().out
    assert "Written. Read back:" in shown
    assert shown.splitlines()[-1] == "      7  0x0010  16"


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "ten"])
def test_what_is_no_number_is_written_nowhere(
    port: int, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    line = (f"{HOST}:{port}", "1", "holding_register", "7")
    assert run("write", *line, value, "--type", "float32", "--yes") == 2
    assert capsys.readouterr().err.startswith(f"{value}: is no number; give one such as")


@pytest.mark.parametrize(
    ("table", "kind", "value", "english", "chinese"),
    [
        ("holding_register", "uint16", "65536", "holds 0 to 65535", "可写入 0 至 65535"),
        ("holding_register", "int32", "-2147483649", "holds -2147483648 to 2147483647", "可写入"),
        ("holding_register", "bcd16", "12345", "holds 0 to 9999", "可写入 0 至 9999"),
        ("holding_register", "float16", "70000", "holds -65504 to 65504", "可写入 -65504 至 65504"),
        ("coil", "bit", "2", "bit holds 0 to 1", "bit 可写入 0 至 1"),
    ],
)
def test_who_writes_what_cannot_lie_there_is_told_what_can(
    port: int,
    capsys: pytest.CaptureFixture[str],
    table: str,
    kind: str,
    value: str,
    english: str,
    chinese: str,
) -> None:
    asked = ("write", f"127.0.0.1:{port}", "1", table, "7", "--type", kind, "--yes")
    for language, said in (("en", english), ("zh", chinese)):
        assert run(*asked, "--language", language, "--", value) == 2
        assert said in capsys.readouterr().err


def test_what_the_device_refuses_is_told(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", f"{HOST}:{port}", "1", "holding_register", "5000") == 2
    assert "exception 2 (illegal address)" in capsys.readouterr().err


def test_a_line_is_named_as_the_site_file_does_or_by_host_and_port(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("read", "plant", "1", "holding_register", "7", "--site", str(site)) == 0
    assert run("read", "pump", "1", "holding_register", "7", "--site", str(site)) == 2
    assert capsys.readouterr().err == (
        "pump: is no Modbus line; give HOST:PORT, or one of plant, bus\n"
    )


def test_nobody_writes_or_scans_beside_the_gateway_that_has_the_line(
    site: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock(site.parent / "data" / "journal.db"):
        for where in ("plant", f"{HOST}:{port}"):
            named = (where, "--site", str(site), "--yes")
            assert run("write", *named, "1", "holding_register", "7", "1") == 2
            assert run("scan", *named) == 2
        told = capsys.readouterr().err.splitlines()
        assert all("in use by the running gateway" in line for line in told)
        assert run("read", "bus", "1", "coil", "0", "--site", str(site)) == 2
        assert "in use by the running gateway" in capsys.readouterr().err
        assert run("read", "plant", "1", "holding_register", "7", "--site", str(site)) == 0
    assert "1007" in capsys.readouterr().out


def test_a_scan_lists_who_answers(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    line = f"{HOST}:{port}"
    assert run("scan", line, "--first", "1", "--last", "2", "--rate", "20", "--yes") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("unit 1: 0x03E8")
    assert told[-1] == "2 found; asked up to unit 2"


async def test_ctrl_c_ends_a_scan_and_tells_how_far_it_came() -> None:
    async with wire(lambda asked: asked.registers(1) if asked.unit == 1 else b"") as silent:
        command = [
            *("env", "--default-signal=INT"),  # whoever tests in the background ignores Ctrl-C
            *(sys.executable, "-m", "gateway.cli", "modbus", "scan", f"{HOST}:{silent.port}"),
            *("--timeout", "60", "--yes"),
        ]
        process = await asyncio.to_thread(
            subprocess.Popen, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with process:
            assert process.stdout is not None
            assert (await asyncio.to_thread(process.stdout.readline)).startswith(b"unit 1")
            process.send_signal(signal.SIGINT)
            said, _ = await asyncio.to_thread(process.communicate)
    assert said == b"1 found; asked up to unit 1\n"
    assert process.returncode != 0


def test_a_serial_line_is_read_written_and_scanned(
    serial_site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = ("bus", "--site", str(serial_site))
    assert run("read", *bus, "1", "input_register", "100", "--type", "float32") == 0
    assert run("write", *bus, "1", "holding_register", "7", "16", "--yes") == 0
    assert run("scan", *bus, "--first", "1", "--last", "3", "--rate", "20", "--yes") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "    100  0x3FC0 0x0000  1.5"
    assert told[-3] == "      7  0x0010  16"
    assert told[-2:] == ["unit 1: 0x03E8", "1 found; asked up to unit 3"]
    assert run("read", *bus, "2", "holding_register", "0") == 1
    assert "bus unit 2: no answer within 300 ms" in capsys.readouterr().err
