"""`gatehouse demo`, as a newcomer starts it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.servers import free_port, require


def demo(data: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "gateway.cli", "demo", "--data", str(data)]
    return [*command, "--port", str(free_port()), *options]


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.timeout(300)
def test_the_check_sees_three_tickets_and_a_second_start_carries_on_until_ctrl_c(
    tmp_path: Path,
) -> None:
    require("mosquitto", "mosquitto")
    checked = subprocess.run(
        demo(tmp_path, "--check"), stdout=subprocess.PIPE, text=True, timeout=200, check=False
    )
    told = json.loads(checked.stdout.splitlines()[-1])
    assert (checked.returncode, told["missing"]) == (0, [])
    causes = {"roof-tank/low-level", "door-03/propped", "north-zone/breach"}
    assert told["ms_from_cause_to_ticket"].keys() == causes
    assert all(0 < ms < 30_000 for ms in told["ms_from_cause_to_ticket"].values())

    with started(demo(tmp_path)) as process:
        assert process.stdout is not None
        link = next(line.split()[-1] for line in process.stdout if "Sign in once" in line)
        with httpx.Client(verify=False, follow_redirects=False) as client:
            page, _, _ = link.partition("/api/")
            assert client.get(link).status_code == 303
            tickets = client.get(f"{page}/api/v1/tickets").json()
            assert causes <= {ticket["key"] for ticket in tickets}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    command = demo(tmp_path)
    port = command[-1]
    with started([sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1"]) as taken:
        with httpx.Client(transport=httpx.HTTPTransport(retries=50)) as client:
            client.get(f"http://127.0.0.1:{port}")
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert taken.poll() is None
    assert refused.returncode == 2
    assert f"port {port}: is taken" in refused.stderr
    assert "--port" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_ended_while_it_starts_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    require("mosquitto", "mosquitto")
    for seen, options, status in (("broker", (), 0), ("estate", ("--check",), 1)):
        with started(demo(tmp_path, *options)) as process:
            assert process.stdout is not None
            next(line for line in process.stdout if seen in line)
            process.send_signal(how)
            assert process.wait(30) == status
            assert "is up" not in process.stdout.read()


def test_a_demo_that_is_killed_takes_its_processes_with_it(tmp_path: Path) -> None:
    require("mosquitto", "mosquitto")
    with started(demo(tmp_path)) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "Sign in once" in line)
        children = list(_children(process.pid))
        assert len(children) == 3
        process.kill()
        process.wait()
    deadline = time.monotonic() + 15
    while any(map(_runs, children)):
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.05)


def test_a_broker_that_cannot_start_ends_the_demo_with_its_reason(tmp_path: Path) -> None:
    require("mosquitto", "mosquitto")
    (tmp_path / "mosquitto.db").write_bytes(b"\x00\xb5\x00mosquitto db" + b"\xff" * 64)
    ended = subprocess.run(demo(tmp_path), capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "broker: has ended by itself" in ended.stderr
    assert "broker.log" in ended.stderr
    assert "Traceback" not in ended.stderr


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _runs(pid: int) -> bool:
    """Whether it does; one that is dead but that nobody has asked for yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
