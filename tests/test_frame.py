"""The frame tested: its servers answer, and it fails the tests it must fail, naming why."""

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sqlalchemy
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from tests import blocking
from tests.leaks import Running, left_since
from tests.servers import Broker, InfluxServer, free_port, mosquitto, require

REPOSITORY = Path(__file__).resolve().parent.parent

CULPRITS = """
    import asyncio, os, socket, subprocess, sys, threading, time
    from tests.blocking import excused

    kept = []

    async def test_leaves_a_task():
        kept.append(asyncio.create_task(asyncio.Event().wait(), name="forgotten"))

    def test_leaves_a_task_to_asyncio_run():
        async def main():
            kept.append(asyncio.create_task(asyncio.Event().wait(), name="forgotten"))
        asyncio.run(main())

    async def test_ends_its_task_soon():
        done = asyncio.Event()
        kept.append(asyncio.create_task(done.wait()))
        done.set()

    def test_leaves_a_thread():
        threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

    def test_ends_its_thread_soon():
        threading.Timer(0.2, lambda: None).start()

    def test_leaves_a_process():
        kept.append(subprocess.Popen(["sleep", "61"]))

    def test_leaves_a_grandchild():
        subprocess.run(["sh", "-c", "sleep 62 & exit 0"], check=True)

    def test_after_those_finds_no_process_left():
        pass

    def test_leaves_a_listener():
        kept.append(socket.create_server(("127.0.0.1", 0)))

    async def test_sleeps_in_the_loop():
        time.sleep(0.2)

    def test_computes_in_a_loop_of_another_thread():
        async def compute():
            until = time.thread_time() + 0.2
            while time.thread_time() < until:
                pass
        thread = threading.Thread(target=lambda: asyncio.run(compute()))
        thread.start()
        thread.join()

    async def test_blocks_excused():
        with excused():
            time.sleep(0.2)

    async def test_wants_a_processor_that_is_taken():
        cpu = {min(os.sched_getaffinity(0))}
        os.sched_setaffinity(0, cpu)
        burn = "print(flush=True)\\nwhile True: pass"
        others = [
            subprocess.Popen([sys.executable, "-c", burn], stdout=subprocess.PIPE)
            for _ in range(4)
        ]
        with excused():
            for other in others:
                other.stdout.readline()
        await asyncio.sleep(0)
        started, until = time.monotonic(), time.thread_time() + 0.07
        while time.thread_time() < until:
            pass
        took_s = time.monotonic() - started
        for other in others:
            other.kill()
        with excused():
            for other in others:
                other.communicate()
        assert took_s > 0.1, "the other processes were to take the processor away"

    async def test_wants_the_interpreter_that_another_thread_has():
        ending = threading.Event()
        other = threading.Thread(target=lambda: [None for _ in iter(ending.is_set, True)])
        other.start()
        await asyncio.sleep(0)
        started, until = time.monotonic(), time.thread_time() + 0.07
        while time.thread_time() < until:
            pass
        took_s = time.monotonic() - started
        ending.set()
        other.join()
        assert took_s > 0.1, "the other thread was to take the interpreter away"
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the frame says of each culprit: test name → failure text, empty when passed."""
    return judged(tmp_path_factory.mktemp("culprits"), CULPRITS)


def judged(folder: Path, tests: str, **environment: str) -> dict[str, str]:
    """Runs the tests in a pytest of their own, under this project's conftest and settings."""
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    (folder / "test_culprits.py").write_text(textwrap.dedent(tests))
    report = folder / "report.xml"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "test_culprits.py", f"--junitxml={report}"),
            *("-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(folder)),
            *("-p", "no:cacheprovider", f"--basetemp={folder / 'tmp'}"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        check=False,
    )
    told: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["name"]
        told[name] = told.get(name, "") + "".join(
            f"{verdict.tag}: {verdict.attrib['message']} {verdict.text}" for verdict in case
        )
    return told


@pytest.mark.parametrize(
    ("culprit", "named"),
    [
        ("test_leaves_a_task", "task forgotten"),
        ("test_leaves_a_task_to_asyncio_run", "task forgotten"),
        ("test_leaves_a_thread", "thread forgotten"),
        ("test_leaves_a_process", "sleep 61"),
        ("test_leaves_a_grandchild", "sleep 62"),
        ("test_leaves_a_listener", "LISTEN addr(ip='127.0.0.1'"),
        ("test_sleeps_in_the_loop", "test_sleeps_in_the_loop"),
        ("test_computes_in_a_loop_of_another_thread", "compute"),
    ],
)
def test_a_culprit_is_failed_and_what_it_did_is_named(
    verdicts: dict[str, str], culprit: str, named: str
) -> None:
    assert "left behind:" in verdicts[culprit] or "blocked over 100 ms" in verdicts[culprit]
    assert named in verdicts[culprit]


@pytest.mark.parametrize(
    "innocent",
    [
        "test_ends_its_task_soon",
        "test_ends_its_thread_soon",
        "test_after_those_finds_no_process_left",
        "test_blocks_excused",
        "test_wants_a_processor_that_is_taken",
        "test_wants_the_interpreter_that_another_thread_has",
    ],
)
def test_an_innocent_is_not_blamed(verdicts: dict[str, str], innocent: str) -> None:
    assert verdicts[innocent] == ""


NEEDS_A_MISSING_PROGRAM = """
    from tests.servers import require

    def test_needs_it():
        require("no-such-program", "its-package")
"""


def test_a_missing_program_skips_with_the_package_to_install(tmp_path: Path) -> None:
    verdict = judged(tmp_path, NEEDS_A_MISSING_PROGRAM, CI="")["test_needs_it"]
    assert verdict.startswith("skipped")
    assert "apt-get install its-package" in verdict


def test_a_missing_program_fails_under_ci(tmp_path: Path) -> None:
    verdict = judged(tmp_path, NEEDS_A_MISSING_PROGRAM, CI="true")["test_needs_it"]
    assert verdict.startswith("failure")
    assert "apt-get install its-package" in verdict


def test_programs_for_administrators_are_found_without_their_folder_in_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert Path(require("mosquitto", "mosquitto")).name == "mosquitto"


def test_watching_loops_keeps_no_file_open_for_threads_that_ended() -> None:
    def turn_a_loop() -> None:
        thread = threading.Thread(target=lambda: asyncio.run(asyncio.sleep(0)))
        thread.start()
        thread.join()

    turn_a_loop()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        turn_a_loop()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_a_server_from_before_starts_for_itself_is_not_left_behind() -> None:
    command = ["sh", "-c", "read _; sleep 63 & echo started; read _; kill $!"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        before = Running.now()
        server.stdin.write("\n")
        assert server.stdout.readline() == "started\n"
        assert left_since(before) == []
        assert Running.now().children > before.children
        server.stdin.write("\n")


def test_free_ports_differ_and_stay_clear_of_those_the_kernel_gives_out() -> None:
    kernel_from = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(10)}
    assert len(ports) > 1
    assert max(ports) < kernel_from


def test_workers_never_get_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = []
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        ports.append({free_port() for _ in range(300)})
    assert ports[0].isdisjoint(ports[1])


def test_a_broker_killed_and_started_again_answers_on_the_same_port(broker: Broker) -> None:
    assert _mqtt_connects(broker)
    broker.server.kill()
    assert not _mqtt_connects(broker)
    broker.server.start()
    assert _mqtt_connects(broker)


def test_a_broker_that_does_not_start_fails_the_test_with_its_output(tmp_path: Path) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="Unknown configuration variable"),
        mosquitto(tmp_path, no_such_option=True),
    ):
        pass


def test_influxdb_asks_who_one_is(influx: InfluxServer) -> None:
    assert _influxdb_status(influx, influx.password) == 200
    assert _influxdb_status(influx, "wrong") == 401


def test_each_test_has_a_postgresql_database_of_its_own(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW server_version_num").scalar_one() >= "130000"
        assert sqlalchemy.inspect(connection).get_table_names() == []
    engine.dispose()


def _mqtt_connects(broker: Broker) -> bool:
    client = Client(CallbackAPIVersion.VERSION2)
    try:
        return client.connect(broker.host, broker.port) == MQTTErrorCode.MQTT_ERR_SUCCESS
    except ConnectionRefusedError:
        return False
    finally:
        client.disconnect()


def _influxdb_status(server: InfluxServer, password: str) -> int:
    with InfluxDBClient(
        server.url, token=f"{server.username}:{password}", org="-", auth_basic=True
    ) as client:
        try:
            _, status, _ = client.api_client.call_api(
                "/query", "POST", query_params=[("q", "SHOW DATABASES")]
            )
        except ApiException as refusal:
            status = refusal.status
    return int(status)


@pytest.mark.parametrize(("stolen_ticks", "blamed"), [(0, 1), (100, 0)])
def test_what_the_host_gave_to_others_is_blamed_on_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stolen_ticks: int, blamed: int
) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  1 2 3 4 5 6 7 1000 0 0\n")
    monkeypatch.setattr(blocking, "STAT", stat)

    async def hold_the_loop() -> None:
        time.sleep(0.06)  # noqa: ASYNC251 -- that is what is looked for
        stat.write_text(f"cpu  1 2 3 4 5 6 7 {1000 + stolen_ticks} 0 0\n")

    with blocking.watched_loops(limit_s=0.05) as held:
        asyncio.run(hold_the_loop())
    assert len(held) == blamed


@pytest.mark.parametrize(("faults", "blamed"), [(0, 1), (1, 0)])
def test_memory_that_the_kernel_reads_from_the_disk_again_is_blamed_on_nobody(
    monkeypatch: pytest.MonkeyPatch, faults: int, blamed: int
) -> None:
    seen = [0]
    monkeypatch.setattr(blocking, "_major_faults", lambda: seen[0])

    async def hold_the_loop() -> None:
        time.sleep(0.06)  # noqa: ASYNC251 -- that is what is looked for
        seen[0] += faults

    with blocking.watched_loops(limit_s=0.05) as held:
        asyncio.run(hold_the_loop())
    assert len(held) == blamed
