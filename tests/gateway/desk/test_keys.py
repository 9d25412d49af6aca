"""Keys are lent and returned the same day."""

from pathlib import Path

import pytest

from gateway.errors import Malformed, Missing, Refused
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from tests.gateway.desk.duty_desk import DutyDesk, at, duty_desk

AMY, BEN = Actor("amy"), Actor("ben")


@pytest.fixture
async def desk(ledger: Ledger, tmp_path: Path) -> DutyDesk:
    return await duty_desk(ledger, tmp_path, "2026-01-05T10:00")


async def test_a_key_is_lent_until_midnight_and_taken_back(desk: DutyDesk) -> None:
    loan = await desk.keys.lend("B1 pump room", "Zhang, plumber", who=AMY)
    assert (loan.lent_by, loan.due_at) == ("amy", at("2026-01-06T00:00"))
    assert await desk.keys.loans() == [loan]
    desk.clock.now = at("2026-01-05T11:00")
    back = await desk.keys.take_back(loan.id, who=BEN)
    assert (back.returned_at, back.taken_back_by) == (desk.clock.now, "ben")
    assert await desk.keys.loans() == []
    assert await desk.keys.loans(returned=True) == [back]


async def test_a_key_that_is_out_is_not_lent_again_nor_returned_twice(desk: DutyDesk) -> None:
    loan = await desk.keys.lend("roof", "Zhang", who=AMY)
    with pytest.raises(Refused, match="key roof: is with Zhang; have it returned first"):
        await desk.keys.lend("roof", "Wang", who=AMY)
    await desk.keys.lend("cellar", "Wang", who=AMY)
    await desk.keys.take_back(loan.id, who=AMY)
    with pytest.raises(Refused, match="returned already"):
        await desk.keys.take_back(loan.id, who=AMY)
    with pytest.raises(Missing, match="no such loan"):
        await desk.keys.take_back(99, who=AMY)
    await desk.keys.lend("roof", "Wang", who=AMY)


@pytest.mark.parametrize(("key", "holder"), [(" ", "Zhang"), ("roof", ""), ("k" * 65, "Zhang")])
async def test_a_loan_says_which_key_and_who_has_it(desk: DutyDesk, key: str, holder: str) -> None:
    with pytest.raises(Malformed, match="characters long"):
        await desk.keys.lend(key, holder, who=AMY)
