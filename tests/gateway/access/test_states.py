"""What machines keep comes back from the ledger as it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from gateway.access.door_grants import By, Grant
from gateway.access.instants import Instant
from gateway.access.states import restored, written
from gateway.model.clock import SECOND
from tests.gateway.samples import NOON


@dataclass(frozen=True, slots=True)
class Kept:
    grant: Grant
    odd: Mapping[str, object] = field(default_factory=dict)


def test_a_grant_keeps_whose_it_is() -> None:
    card = {"holder": "chen", "credential": "card-7", "extended": True}
    kept = Kept(Grant(By.CREDENTIAL, Instant(NOON), 5 * SECOND, details=card))
    assert restored(Kept, json.loads(json.dumps(written(kept))), []) == kept


def test_what_cannot_be_written_is_no_state() -> None:
    grant = Grant(By.COMMAND, Instant(NOON), SECOND)
    with pytest.raises(NotImplementedError, match="holds a object"):
        written(Kept(grant, {"what": object()}))
