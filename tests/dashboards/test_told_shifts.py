"""What shifts, roster and keys refuse, in the person's language."""

import re
from collections.abc import Awaitable
from pathlib import Path

import pytest

from dashboards.told import Told, told
from gateway.errors import GatehouseError
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.actor import Actor
from gateway.model.text import Language
from tests.gateway.desk.duty_desk import LEADER, duty_desk

ENGLISH = re.compile(r"[A-Za-z]{2,}")
AMY, BEN = Actor("amy"), Actor("ben")


async def refusal(act: Awaitable[object]) -> GatehouseError:
    with pytest.raises(GatehouseError) as refused:
        await act
    return refused.value


async def test_everything_they_refuse_is_told_in_chinese(tmp_path: Path) -> None:
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        desk = await duty_desk(ledger, tmp_path, "2026-01-05T10:00")
        shifts, keys = desk.shifts, desk.keys
        loan = await keys.lend("1", "张", who=AMY)
        refusals = [
            await refusal(shifts.leave(1, who=AMY)),
            await refusal(shifts.take(1, who=AMY)),
            await refusal(shifts.take(9, who=AMY)),
            await refusal(shifts.note(" ", who=AMY)),
            await refusal(desk.roster.put("eve", "a", who=LEADER)),
            await refusal(desk.roster.put("amy", "z", who=LEADER)),
            await refusal(desk.roster.put("amy", "a", 0, who=LEADER)),
            await refusal(keys.lend("1", "王", who=AMY)),
            await refusal(keys.lend("2", "", who=AMY)),
            await refusal(keys.take_back(9, who=AMY)),
        ]
        await keys.take_back(loan.id, who=AMY)
        refusals.append(await refusal(keys.take_back(loan.id, who=AMY)))
        await desk.pass_to("2026-01-05T23:00")
        await shifts.leave(1, who=AMY)
        refusals.append(await refusal(shifts.leave(1, who=AMY)))
        refusals.append(await refusal(shifts.leave(2, who=AMY)))
        refusals.append(await refusal(shifts.take(1, who=AMY)))
        await desk.roster.put("cai", "b", who=LEADER)
        refusals.append(await refusal(shifts.take(1, who=BEN)))
        await shifts.take(1, who=Actor("cai"))
        refusals.append(await refusal(shifts.take(1, who=BEN)))
    names = re.compile(r"\b(amy|ben|eve)\b")
    for error in refusals:
        said = told(error, Language.ZH)
        assert not ENGLISH.search(names.sub("", f"{said.problem} {said.remedy}")), said
    assert told(refusals[-2], Language.ZH) == Told(
        "交接班 1：ben 不在值班表的 b 班组", "请由该班组人员签字，或请班长修改值班表"
    )
