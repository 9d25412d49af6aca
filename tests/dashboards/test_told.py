"""Errors in the person's language."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from pymodbus.pdu import ExceptionResponse
from pymodbus.pdu.register_message import ReadInputRegistersRequest, ReadInputRegistersResponse

from dashboards.told import Told, sentence, told
from drivers.modbus import answers
from drivers.modbus.meter import LineMeter
from gateway.alarms.suppression import OutOfService, Shelving
from gateway.desk.desk import Desk
from gateway.desk.suppressions import Suppressions
from gateway.errors import Missing, Refused
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action
from gateway.model.rule import AlarmClass
from gateway.model.text import Language
from gateway.model.ticket import Act, Call, Doing, FalseAlarm
from gateway.security.identity import NotSignedIn, TooManyAttempts
from tests.gateway.alarming import book, desk_of, raise_alarm
from tests.gateway.samples import LOW_WATER, NOON, site

ENGLISH = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with ticket 1, whose alarm is active."""
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:

        def work(connection: sa.Connection) -> None:
            raise_alarm(connection)

        await ledger.transact(work)
        yield desk_of(site(tmp_path), ledger)


async def test_everything_the_desk_refuses_is_told_in_chinese(desk: Desk) -> None:
    refusals = [
        await refusal(desk, Act.ARRIVE),
        await refusal(desk, Act.NOTE),
        await refusal(desk, Act.ACKNOWLEDGE, version=7),
        await refusal(desk, Act.NOTE, number=9),
    ]
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("amy"), version=None)
    refusals += [await refusal(desk, Act.ACKNOWLEDGE), await refusal(desk, Act.RESOLVE)]
    for error in refusals:
        said = told(error, Language.ZH)
        assert not ENGLISH.search(f"{said.problem} {said.remedy}"), said


async def test_everything_that_may_not_be_kept_quiet_is_told_in_chinese(tmp_path: Path) -> None:
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        refusals = [refused async for refused in _refused_suppressions(ledger)]
    assert len(refusals) == 10
    for error in refusals:
        said = told(error, Language.ZH)
        words = f"{said.problem} {said.remedy}".replace(LOW_WATER.id, "").replace("amy", "")
        assert not ENGLISH.search(words), said


async def _refused_suppressions(ledger: Ledger) -> AsyncIterator[Refused]:
    fire = replace(LOW_WATER, id="7", alarm_class=AlarmClass.FIRE)
    brief = replace(LOW_WATER, id="8", shelve_at_most=SECOND)
    desk_book = book(LOW_WATER, fire, brief)
    service = Suppressions(desk_book, ledger, Feed(), lambda: NOON, lambda: None)
    late, amy, rule_id = NOON + 9 * HOUR, Actor("amy"), LOW_WATER.id
    await ledger.transact(raise_alarm)
    begun = await service.shelve(Shelving(rule_id, NOON + HOUR, "x"), who=amy)
    for act in (
        service.shelve(Shelving("7", NOON + HOUR, "x"), who=amy),
        service.shelve(Shelving("8", NOON + HOUR, "x"), who=amy),
        service.shelve(Shelving(rule_id, NOON + HOUR, ""), who=amy),
        service.shelve(Shelving(rule_id, late, "x"), who=amy),
        service.shelve(Shelving(rule_id, NOON, "x"), who=amy),
        service.shelve(Shelving(rule_id, NOON + HOUR, "x"), who=amy),
        service.out_of_service(OutOfService(rule_id, late, "", "bo", "x"), who=amy),
        service.out_of_service(OutOfService(rule_id, late, "WO-1", "amy", "x"), who=amy),
        service.back_in_service(begun.id, who=amy),
        service.unshelve(99, who=amy),
    ):
        with pytest.raises(Refused) as refused:
            await act
        yield refused.value


async def test_what_is_told_keeps_its_facts(desk: Desk) -> None:
    changed = await refusal(desk, Act.ACKNOWLEDGE, version=7)
    assert told(changed, Language.ZH) == Told(
        "工单 1：在您查看之后已有变动（版本 7，现为 1）", "请重新查看"
    )
    impossible = await refusal(desk, Act.ARRIVE)
    assert told(impossible, Language.ZH) == Told(
        "工单 1：状态为“新建”时不能“到场”",
        "现在可以：确认, 勾选步骤, 合并, 误报, 立即上报, 更正来电, 记备注",
    )


def test_signing_in_is_refused_in_chinese() -> None:
    assert sentence(NotSignedIn("sign-in", "name or password is wrong").problem, Language.ZH) == (
        "用户名或密码错误"
    )
    assert told(TooManyAttempts(30 * SECOND), Language.ZH) == Told(
        "登录：失败次数过多", "请等待 30 秒后再试"
    )


def test_english_and_what_has_no_translation_stand_as_they_are() -> None:
    error = Missing("ticket 9", "there is no such ticket", "look at the list of tickets")
    assert told(error, Language.EN) == Told(f"{error.subject}: {error.problem}", error.remedy)
    assert sentence("ledger: disk I/O error", Language.ZH) == "ledger: disk I/O error"


async def refusal(desk: Desk, act: Act, number: int = 1, version: int | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.act(number, Doing(act), who=Actor("amy"), version=version)
    return refused.value


async def test_everything_an_act_on_a_ticket_lacks_is_told_in_chinese(desk: Desk) -> None:
    said = Call("王女士", "138", "Water", where="3-1201")
    lacking = [
        Doing(Act.MERGE),
        Doing(Act.MERGE, into=1),
        Doing(Act.FALSE_ALARM),
        Doing(Act.FALSE_ALARM, "x", code="moon"),
        Doing(Act.FALSE_ALARM, code=FalseAlarm.OTHER),
        Doing(Act.STEP),
        Doing(Act.REPORT),
        *(Doing(Act.REPORT, call=replace(said, **{name: ""})) for name in REQUIRED),
    ]
    taken = [
        Doing(Act.DISPATCH),
        Doing(Act.HOLD, "x"),
        Doing(Act.HOLD, until=NOON + 1),
        Doing(Act.HOLD, "x", until=NOON),
    ]
    for doing in lacking:
        _in_chinese(await refused(desk, doing))
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("amy"), version=None)
    for doing in taken:
        _in_chinese(await refused(desk, doing))
    await desk.act(1, Doing(Act.RESOLVE, "x"), who=Actor("amy"), version=None)
    _in_chinese(await refused(desk, Doing(Act.CALL_BACK)))
    await desk.act(1, Doing(Act.REPORT, call=said), who=Actor("amy"), version=None)
    _in_chinese(await refused(desk, Doing(Act.CLOSE, "x")))
    _in_chinese(
        await refused(desk, Doing(Act.REPORT, call=replace(said, reporter="李", phone="139")))
    )
    _in_chinese(await refused(desk, Doing(Act.CALL_BACK, caller=9)))
    _in_chinese(await refused(desk, Doing(Act.CALL_BACK)))
    _in_chinese(await refused(desk, Doing(Act.CALL_BACK, satisfied=False)))


def test_what_other_tickets_and_steps_refuse_is_told_in_chinese() -> None:
    for english in (
        "cannot go on under ticket 7, which is closed",
        "reopen that one first, or name another",
        "resume that one first, or name another",
        "resolve it and call them back first",
        "it is not said who was called back",
        "name one: 王女士 (138), 李先生 (139)",
        "its alarm is worked on under ticket 7",
        "work on that one",
        "its procedure has no step 3",
        "step 3 is ticked off already",
        "has no procedure",
        "new ticket",
    ):
        assert not ENGLISH.search(sentence(english, Language.ZH))


REQUIRED = ("reporter", "phone", "what", "where")


async def refused(desk: Desk, doing: Doing) -> Refused:
    with pytest.raises(Refused) as refusal:
        await desk.act(1, doing, who=Actor("amy"), version=None)
    return refusal.value


def _in_chinese(error: Refused) -> None:
    said = told(error, Language.ZH)
    assert not ENGLISH.search(f"{said.problem} {said.remedy}".replace("moon", "")), said


@pytest.mark.parametrize("action", list(Action))
def test_what_a_firmware_cannot_do_is_told_in_chinese(action: Action) -> None:
    problem = sentence(f"cannot be asked to {action} by this profile", Language.ZH)
    remedy = sentence("see the profile's documentation", Language.ZH)
    assert not ENGLISH.search(problem + remedy), problem


@pytest.mark.parametrize("code", answers.EXCEPTIONS)
def test_what_a_modbus_unit_answers_is_told_in_chinese(code: int) -> None:
    meter = LineMeter()
    request = ReadInputRegistersRequest(address=120, count=2, dev_id=1)
    meter.answered(request, ExceptionResponse(4, code, device_id=1), 1, 1)
    last_error = meter.units[1].last_error or ""
    for english in (last_error, answers.refusal(code, "plant unit 1").problem):
        assert not ENGLISH.search(sentence(english, Language.ZH)), english


@pytest.mark.parametrize(("unit", "words"), [(2, [1, 2]), (1, [1])])
def test_what_is_no_answer_to_a_modbus_request_is_told_in_chinese(
    unit: int, words: list[int]
) -> None:
    request = ReadInputRegistersRequest(address=0, count=2, dev_id=1)
    problem = answers.misfit(request, ReadInputRegistersResponse(registers=words, dev_id=unit))
    assert problem
    assert not ENGLISH.search(sentence(problem, Language.ZH))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "holding_register 2 (40003): 0x0000 0x4148, 2.34e-41 A, is below its kind's low, 0",
            "holding_register 2 (40003)：0x0000 0x4148，即 2.34e-41 A，低于该类设备的下限 0",
        ),
        (
            "holding_register 2 (40003): 0xFFFF, 6553.5 A, is above its kind's high, 200",
            "holding_register 2 (40003)：0xFFFF，即 6553.5 A，高于该类设备的上限 200",
        ),
        (
            'input_register 2 (30003): 0xFFFF is "not available" in its register map',
            "input_register 2 (30003)：0xFFFF 在寄存器表中表示“无值”",
        ),
        (
            "input_register 2 (30003): 0x7FC0 0x0000 is not a number",
            "input_register 2 (30003)：0x7FC0 0x0000 不是数",
        ),
        ("coil 2 (00003): exception 2 (illegal address)", "coil 2 (00003)：异常码 2（非法地址）"),
    ],
)
def test_why_a_modbus_point_has_no_value_is_told_in_chinese(english: str, chinese: str) -> None:
    assert sentence(english, Language.ZH) == chinese


def test_why_a_modbus_line_takes_no_command_is_told_in_chinese() -> None:
    for english in (
        "no answer within 1000 ms",
        "the connection broke off",
        "expired before it could be sent",
        "is not connected",
        "see what the log says of it",
        "cannot be set to 12",
        "its register map does not write that",
        "the line is never quiet",
        "look for a second master, wrong settings, a missing termination or bias",
        "check that the device is switched on, and its address and port",
        "no Modbus server takes the connection (5)",
        "the serial port cannot be used: 5",
    ):
        assert not ENGLISH.search(sentence(english, Language.ZH).replace("Modbus", "")), english
