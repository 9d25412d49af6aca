"""The command line as people and scripts use it."""

import json
import subprocess
import sys
import time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.cli import main

DEMO = str(files("simulators") / "estates/demo.site.yaml")


def run(*arguments: str) -> int:
    """The exit status of `gatehouse ARGUMENTS`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_sound_site_file_is_summed_up_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", DEMO) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{DEMO}: 32 devices, 255 points, 200 rules\n"
    assert shown.err == ""


def test_check_prints_the_plan_of_requests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--plan", "--language", "zh", DEMO) == 0
    _, *shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["plant-room：127.0.0.1:15020，tcp", "  从站 1, 12：roof-tank, storm-pit"]
    assert "input_register" in shown[3]


def test_every_problem_is_a_line_with_file_line_and_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text(
        "site: {id: court, name: Court, time_zone: UTC, data: d}\nconections: {}\nrules: 1\n"
    )
    assert run("check", str(file)) == 2
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        f"{file}:2:1: unknown key 'conections'; did you mean 'connections'?",
        f"{file}:3:8: 'rules' is 1; expected a list",
    ]
    assert shown.out == ""


_FIRE = """
site: {id: test, name: Test, time_zone: UTC, data: data}
connections:
  broker: {type: mqtt, host: 127.0.0.1, client_id: test}
  held: {type: gateway}
devices:
  - {id: panel, kind: panel, profile: gatehouse-json, connection: broker, topic: p,
     name: P, place: P}
  - {id: lobby, kind: door, profile: gatehouse-json, connection: broker, topic: l,
     name: L, place: L, points: [lock]}
  - {id: store, kind: door, profile: esphome, connection: broker, topic: s, name: S, place: S,
     entities: {contact: binary_sensor/reed, lock: pulse switch/strike}}
  - {id: release, kind: fire, connection: held, name: R, place: R,
     fire: {inputs: [panel/fire], doors: [lobby, store]}}
"""


def test_check_notes_which_doors_a_fire_can_release_by_their_wire_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(_FIRE)
    assert run("check", str(file)) == 0
    _, *notes = capsys.readouterr().out.splitlines()
    assert notes == [
        "note: release releases store by its wire alone; profile esphome takes no lock-open for it"
    ]
    assert run("check", str(file), "--language", "zh") == 0
    _, *notes = capsys.readouterr().out.splitlines()
    assert notes == ["提示: release 只能靠接线释放 store；固件 esphome 不接受 lock-open"]


def test_check_refuses_what_a_driver_would_refuse_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(
        """
site: {id: t, name: T, time_zone: Asia/Shanghai, listen: "127.0.0.1:8080", data: data}
connections: {b: {type: mqtt, host: h, client_id: c}}
devices:
  - {id: wall, kind: zone, profile: home-assistant, connection: b, topic: t, name: W, place: P}
"""
    )
    with pytest.raises(SystemExit) as ended:
        main(["check", str(file)])
    assert ended.value.code == 2
    assert "wall: has 0 points with the states open and closed" in capsys.readouterr().err


def test_a_missing_file_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("check", str(tmp_path / "none.yaml")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "none.yaml:1:1: cannot be read: No such file or directory; expected a site file"
    )


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) >= {"site", "connections", "devices", "rules"}


def test_check_without_a_file_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 2
    assert "give a site file, or --schema" in capsys.readouterr().err


def test_an_unknown_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chekc") == 2
    assert "chekc" in capsys.readouterr().err


def test_a_backup_needs_a_folder_from_the_option_or_the_site_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("backup", DEMO) == 2
    assert "names no folder for backups; give --to, or site.backup" in capsys.readouterr().err


def test_what_is_no_backup_is_not_restored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("restore", str(tmp_path), str(tmp_path / "new")) == 2
    assert f"{tmp_path}: is no backup" in capsys.readouterr().err


def test_the_version_comes_at_once() -> None:
    command = [sys.executable, "-c", "from gateway.cli import main; main(['version'])"]
    started = time.perf_counter()
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    # Half a second on an idle machine; what must never happen is loading the gateway for it.
    assert time.perf_counter() - started < 3
    assert shown.stdout == f"gatehouse {version('gatehouse')}\n"


def test_the_command_line_loads_nothing_of_the_gateway_before_it_is_needed() -> None:
    probe = "import sys, gateway.cli; print(*(m for m in sys.modules if m.startswith('gateway.')))"
    shown = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert set(shown.stdout.split()) == {
        "gateway.audit_commands",
        "gateway.modbus_commands",
        "gateway.rules_commands",
        "gateway.cli",
        "gateway.errors",
    }
