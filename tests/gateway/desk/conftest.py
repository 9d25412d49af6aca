"""The duty desk's own fixtures."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.ledger import Ledger
from gateway.model.text import Text
from gateway.site.model import Procedure
from tests.gateway.desk.estate import SHORT, Estate
from tests.gateway.desk.room import LEAK, STEPS, URGENT, URGENT_CHAIN, Room
from tests.gateway.samples import site


@pytest.fixture
def room(tmp_path: Path, ledger: Ledger) -> Room:
    here = site(tmp_path, (LEAK, URGENT))
    chains = (URGENT_CHAIN, *here.desk.timing.chains)
    here = replace(
        here,
        desk=replace(here.desk, timing=replace(here.desk.timing, chains=chains)),
        procedures={"leak": Procedure(Text("Leak", "漏水"), STEPS)},
    )
    return Room(here, ledger)


@pytest.fixture
def estate(ledger: Ledger) -> Estate:
    return Estate(ledger)


@pytest.fixture
def short(ledger: Ledger) -> Estate:
    return Estate(ledger, SHORT)
