"""The gateway as a process: what a person sees when it cannot start, and what it survives."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.gateway_client import signed_in, ticket_of
from tests.gateway_process import GatewayProcess, gateway_process, running_gateway

NOTHING = "devices: []\n"


def refused(process: GatewayProcess) -> tuple[int, str]:
    """Exit status and stderr of a gateway that does not start."""
    ended = subprocess.run(process.command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


def test_a_port_that_is_taken_is_named_with_the_setting(tmp_path: Path) -> None:
    process = gateway_process(tmp_path, NOTHING)
    address = httpx.URL(process.url)
    with socket.create_server((address.host, address.port or 0)):
        status, told = refused(process)
    assert status == 2
    assert f"127.0.0.1:{address.port}: cannot listen there (Address already in use)" in told
    assert "site.listen" in told


def test_what_most_gateways_do_without_is_not_loaded_with_them() -> None:
    probe = "import sys, gateway.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout.split()
    spared = {"alembic", "apprise", "av", "cv2", "duckdb", "fpdf", "influxdb_client", "psycopg"}
    assert spared & set(loaded) == set()


def test_a_second_gateway_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    with running_gateway(tmp_path, NOTHING):
        (tmp_path / "second").mkdir()
        second = gateway_process(tmp_path / "second", NOTHING)
        (tmp_path / "second" / "data").symlink_to(tmp_path / "data")
        status, told = refused(second)
    assert status == 2
    assert "journal.db: is in use by another gateway; stop that one" in told


def test_a_data_folder_that_cannot_be_written_is_named_with_the_setting(tmp_path: Path) -> None:
    process = gateway_process(tmp_path, NOTHING)
    process.data.write_text("no folder")
    status, told = refused(process)
    assert status == 2
    assert f"{process.data}: cannot be written to (File exists)" in told
    assert "site.data" in told


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    process = gateway_process(tmp_path, NOTHING)
    process.data.mkdir()
    (process.data / "ledger.db").write_bytes(b"no database" * 1_000)
    status, told = refused(process)
    assert status == 2
    assert "ledger.db" in told
    assert "is not a usable ledger" in told


@pytest.mark.promise("K12")
async def test_a_damaged_journal_is_set_aside_and_becomes_a_ticket(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "journal.db").write_bytes(b"no database" * 1_000)
    with running_gateway(tmp_path, NOTHING) as gateway:
        async with signed_in(gateway) as client:
            ticket = await ticket_of(client, "gateway/journal-set-aside")
            assert ticket["title"]["zh"] == "网关：日志文件损坏，已隔离"
    assert [file.name for file in data.glob("journal.db.damaged-*")]


def test_a_damaged_history_stops_no_alarm_and_is_told(tmp_path: Path) -> None:
    history = tmp_path / "data" / "history.duckdb"
    history.parent.mkdir()
    history.write_bytes(b"no database" * 1_000)
    with running_gateway(tmp_path, NOTHING) as gateway, httpx.Client(base_url=gateway.url) as api:
        api.get(gateway.sign_in_link)
        (fault,) = api.get("/api/v1/health").json()["faults"]
        assert "history.duckdb: is not a usable history" in fault
        assert "history.duckdb: is not a usable history" in gateway.server.output
        assert api.get("/api/v1/alarms").status_code == 200


def test_a_gateway_that_ends_while_somebody_follows_it_leaves_no_traceback(tmp_path: Path) -> None:
    with running_gateway(tmp_path, NOTHING) as gateway, httpx.Client(base_url=gateway.url) as api:
        api.get(gateway.sign_in_link)
        with api.stream("GET", "/api/v1/stream") as stream:
            assert next(stream.iter_lines()) == "event: snapshot"
            gateway.server.stop()
    assert "Traceback" not in gateway.server.output
