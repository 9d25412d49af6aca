"""Gateway, broker and InfluxDB are killed at random moments under load: nothing acknowledged is
lost, nothing is told twice. `make crash` does it for longer."""

from pathlib import Path

import pytest

from tests.crash.checks import failures
from tests.crash.parts import tails
from tests.crash.report import report
from tests.crash.run import run

SEED, ROUNDS = 22485, 11
"""Every act once or more, and the clock both ways, between starts and while it runs."""


@pytest.mark.promise("K1", "K2", "K3", "K4", "K7", "K13")
@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_and_nothing_is_told_twice(tmp_path: Path) -> None:
    evidence = run(tmp_path, SEED, ROUNDS)
    told = report(evidence)
    print(told)
    if failures(evidence):
        pytest.fail(f"{told}\n{tails(tmp_path)}", pytrace=False)
