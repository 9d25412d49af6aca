"""What the page of doors, barriers and zones says."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from dashboards.access_log import event_row
from dashboards.access_views import (
    StateView,
    command_row,
    fields_of,
    is_silent,
    offered,
    outcome_view,
    state_views,
)
from dashboards.device_views import Mark
from dashboards.form import Asked as Ask
from dashboards.texts import texts_in
from gateway.access.command_book import Recorded
from gateway.access.event_log import Logged
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action, Command, Outcome, Result
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.model.text import Language, Text
from gateway.security.roles import RIGHTS, Role
from gateway.site.model import AccessSettings, Confirmation, Device, MqttAddress
from tests.gateway.samples import NOON, reading

ZONE = ZoneInfo("Asia/Shanghai")
EN, ZH = texts_in(Language.EN), texts_in(Language.ZH)
SHOWS = Confirmation("gate/contact", frozenset({"open"}), SECOND)
GATE = Device(
    id="gate",
    kind="barrier",
    name=Text("Gate", "大门"),
    place=Text("North", "北侧"),
    connection="broker",
    address=MqttAddress("gatehouse-json", "gate"),
    points=(
        Point("gate/contact", PointKind.STATE, Text("Contact", "门磁"), states=("closed", "open")),
        Point("gate/access", PointKind.EVENT, Text("Access", "刷卡")),
        Point("gate/fault", PointKind.STATE, Text("Fault", "故障"), states=("ok", "fault")),
    ),
    commands=dict.fromkeys((Action.OPEN, Action.LOCK_OPEN, Action.BYPASS), SHOWS),
)
COMMAND = Command(
    "c", "gate", Action.OPEN, Actor("li", "operator", "desk"), "courier", NOON, NOON + SECOND
)


def test_every_state_stands_apart_and_what_is_not_known_is_said_to_be_unknown() -> None:
    newest = {"gate/contact": reading("gate/contact", "open")}
    assert state_views(GATE, newest, NOON, ZONE, EN) == (
        StateView("Contact", "open", Mark.NORMAL, "06:13:20"),
        StateView("Fault", "unknown", Mark.UNHEARD, "not heard yet"),
    )


def test_nothing_is_heard_of_what_is_offline_but_what_the_gateway_holds_need_not_be_heard() -> None:
    said = reading("gate/contact", "open")
    offline = replace(said, value=None, quality=Quality.OFFLINE)
    assert is_silent(GATE, {})
    assert is_silent(GATE, {"gate/contact": offline})
    assert not is_silent(GATE, {"gate/contact": said, "gate/fault": offline})
    held = replace(GATE, points=tuple(replace(point, derived=True) for point in GATE.points))
    assert not is_silent(held, {})


@pytest.mark.parametrize(
    ("value", "quality", "said", "mark"),
    [
        ("open", Quality.STALE, "开", Mark.STALE),
        (None, Quality.OFFLINE, "未知", Mark.OFFLINE),
        (None, Quality.BAD, "未知", Mark.BAD),
        ("unknown", Quality.GOOD, "未知", Mark.UNHEARD),
    ],
)
def test_a_doubtful_state_is_marked_as_such(
    value: str | None, quality: Quality, said: str, mark: Mark
) -> None:
    newest = {"gate/contact": reading("gate/contact", value, quality=quality)}
    view = state_views(GATE, newest, NOON, ZONE, ZH)[0]
    assert (view.said, view.mark) == (said, mark)


def test_people_are_offered_what_they_may_ask_for() -> None:
    assert offered(GATE, RIGHTS[Role.OPERATOR]) == (
        Action.OPEN,
        Action.LOCK_OPEN,
        Action.BYPASS,
    )
    assert offered(GATE, RIGHTS[Role.ENGINEER]) == (Action.OPEN,)
    assert offered(GATE, RIGHTS[Role.TESTER]) == ()


def test_a_command_asks_for_what_the_site_and_its_kind_want() -> None:
    def names(action: Action, settings: AccessSettings, device: Device = GATE) -> list[str]:
        return [field.name for field in fields_of(action, device, settings, NOON, EN)]

    plain = AccessSettings()
    strict = AccessSettings(frozenset({Action.OPEN}), frozenset({Action.OPEN}))
    assert names(Action.OPEN, plain) == ["reason"]
    assert names(Action.OPEN, strict) == ["reason", "password", "second", "second_password"]
    assert names(Action.LOCK_OPEN, plain) == ["reason", "until"]
    assert names(Action.LOCK_OPEN, plain, replace(GATE, kind="door")) == ["reason"]
    (_, until) = fields_of(Action.BYPASS, GATE, plain, NOON, EN)
    assert (until.asked, until.required, until.value) == (Ask.MOMENT, True, NOON + HOUR)


def test_what_came_of_it_is_told_with_why_and_what_to_do() -> None:
    done = outcome_view("Gate: Open", Outcome(Result.CONFIRMED, "shown"), GATE, EN)
    assert (done.mark, done.head, done.lines) == (
        *("confirmed", "Gate: Open: done"),
        ("The device shows it.",),
    )
    detail = {"point": "gate/contact", "said": "closed (stale)"}
    lost = outcome_view("Gate: Open", Outcome(Result.UNKNOWN, "not-shown", detail), GATE, EN)
    assert lost.lines == (
        "It was sent, but the device does not show it.",
        "Contact: closed, stale",
        "Look at it by camera before you try again.",
    )
    nothing = {"point": "gate/contact", "said": "nothing"}
    mute = outcome_view("x", Outcome(Result.UNKNOWN, "not-shown", nothing), GATE, ZH)
    assert mute.lines[1] == "门磁：未知"
    refused = Outcome(Result.REFUSED, "device-refuses", {"problem": "broker: no"})
    assert outcome_view("x", refused, GATE, EN).lines == ("The device refuses it.", "broker: no")
    rule = outcome_view("x", Outcome(Result.REFUSED, "a-new-rule"), GATE, EN)
    assert rule.lines == ("a-new-rule",)


def test_a_line_of_the_record_says_who_why_and_how_it_ended() -> None:
    def cells(recorded: Recorded) -> tuple[str, ...]:
        return command_row(recorded, NOON, ZONE, EN).cells

    refused = Outcome(Result.REFUSED, "busy")
    assert cells(Recorded(COMMAND, "wang", refused, NOON)) == (
        *("06:13:20", "Open", "li + wang", "courier"),
        "not done: Another command to this device is under way.",
    )
    assert cells(Recorded(COMMAND, None, None, None))[-1] == "Waits until the device shows it …"
    own = replace(COMMAND, asked_by=GATEWAY, reason="fire")
    done = Outcome(Result.CONFIRMED, "shown")
    assert cells(Recorded(own, None, done, NOON))[2:] == ("gateway", "fire signal", "done")
    named = replace(COMMAND, reason="fire")
    assert cells(Recorded(named, None, done, NOON))[3] == "fire"


def test_what_the_register_said_of_a_plate_is_told_in_words() -> None:
    told = {"plate": "京A12345", "direction": "in", "verdict": "near"}
    arrival = Logged("1", "gate/arrival", told, NOON, NOON, 1)
    assert event_row(arrival, {"gate": GATE}, NOON, ZONE, ZH).cells[-1] == "进 · 相似车牌"
