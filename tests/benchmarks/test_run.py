"""What a run of benchmarks does when one of them cannot measure."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.__main__ import BENCHMARKS, FOUND_WITH, main
from tests.benchmarks.report import Result
from tests.benchmarks.run import Benchmark, run

FOUND = Result("sound", 1.0, "1/s", 0.5, "bare loop")


async def sound(folder: Path) -> list[Result]:
    return [FOUND]


async def broken(folder: Path) -> list[Result]:
    raise ConnectionError("nobody there")


async def without_its_server(folder: Path) -> list[Result]:
    pytest.skip("mosquitto is not installed")


def test_results_are_printed_with_the_machine_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run({"sound": sound}, tmp_path / "bench.jsonl")
    shown = capsys.readouterr().out
    assert "Python 3." in shown
    assert shown.splitlines()[-1].split() == ["sound", "1.00", "1/s", "0.50", "bare", "loop"]
    assert '"name": "sound"' in (tmp_path / "bench.jsonl").read_text()


@pytest.mark.parametrize("failing", [broken, without_its_server])
def test_one_that_fails_tells_why_and_the_others_still_run(
    failing: Benchmark, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run({"failing": failing, "sound": sound}, tmp_path / "bench.jsonl")
    shown = capsys.readouterr()
    assert "failing failed" in shown.err
    assert "nobody there" in shown.err or "mosquitto is not installed" in shown.err
    assert (tmp_path / "bench.jsonl").read_text().count("\n") == 1


def test_an_unknown_name_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["modbus"]) == 2
    told = capsys.readouterr().err
    assert [name for name in [*BENCHMARKS, *FOUND_WITH] if name not in told] == []


def test_each_figure_names_its_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Mapping[str, Benchmark]] = []

    def ask(benchmarks: Mapping[str, Benchmark], _file: Path) -> bool:
        asked.append(benchmarks)
        return True

    monkeypatch.setattr(command, "run", ask)
    assert main(["modbus_polls_per_s_100conn", "modbus_500x30_core_percent"]) == 0
    assert [list(each) for each in asked] == [["modbus_500x30_missed_periods"]]
