"""The duty desk's own fixtures."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.ledger import Ledger
from gateway.model.text import Text
from gateway.site.model import Procedure
from tests.gateway.desk.room import LEAK, STEPS, URGENT, Room
from tests.gateway.samples import site


@pytest.fixture
def room(tmp_path: Path, ledger: Ledger) -> Room:
    here = replace(
        site(tmp_path, (LEAK, URGENT)),
        procedures={"leak": Procedure(Text("Leak", "漏水"), STEPS)},
    )
    return Room(here, ledger)
