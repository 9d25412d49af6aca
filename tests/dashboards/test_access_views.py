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
    settable,
    state_views,
    value_field,
)
from dashboards.device_views import Mark
from dashboards.form import Asked as Ask
from dashboards.texts import texts_in
from dashboards.zone_lines import EVERY, line_views, which_lines
from gateway.access.command_book import Recorded
from gateway.access.event_log import Logged
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action, Command, Outcome, Result
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.model.text import Language, Text
from gateway.security.roles import RIGHTS, Role
from gateway.site.held_model import ZoneLine, ZoneSettings
from gateway.site.model import AccessSettings, Confirmation, Device, MqttAddress, Setpoint
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


SPEED = Setpoint(Point("gate/speed", PointKind.NUMBER, Text("Speed", "转速"), "Hz"), 20, 50)
MODE = Setpoint(
    Point("gate/mode", PointKind.STATE, Text("Mode", "模式")), states=("auto",), right="secure"
)


def test_a_command_that_asks_for_a_right_of_its_own_is_offered_to_those_who_have_it() -> None:
    device = replace(
        GATE,
        commands={Action.START: SHOWS, Action.STOP: SHOWS},
        rights={Action.STOP: "secure"},
    )
    assert offered(device, RIGHTS[Role.OPERATOR]) == (Action.START, Action.STOP)
    assert offered(device, RIGHTS[Role.ENGINEER]) == (Action.START,)


def test_people_may_set_what_their_rights_and_its_limits_allow() -> None:
    device = replace(
        GATE,
        commands={Action.SET: SHOWS},
        setpoints={"speed": SPEED, "mode": MODE},
    )
    assert offered(device, RIGHTS[Role.OPERATOR]) == ()
    assert settable(device, RIGHTS[Role.OPERATOR]) == ("speed", "mode")
    assert settable(device, RIGHTS[Role.ENGINEER]) == ("speed",)
    assert settable(device, RIGHTS[Role.TESTER]) == ()
    number = value_field(SPEED, reading("gate/speed", 45.0), EN)
    assert (number.label, number.asked, number.value) == ("Speed (20 – 50 Hz)", Ask.NUMBER, 45.0)
    old = reading("gate/speed", 45.0, quality=Quality.STALE)
    assert value_field(SPEED, old, EN).value is None, "what may be no more is not proposed"
    state = value_field(MODE, None, ZH)
    assert (state.label, state.asked, list(state.options)) == ("模式", Ask.CHOICE, ["auto"])


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
    assert until.label == "Until"


@pytest.mark.parametrize(
    ("kind", "action", "may_end"),
    [
        ("pump", Action.START, True),
        ("generator", Action.START, False),
        ("lighting", Action.SWITCH_ON, True),
        ("output", Action.SWITCH_ON, False),
        ("barrier", Action.LOCK_OPEN, True),
        ("door", Action.LOCK_OPEN, False),
    ],
)
def test_an_end_is_asked_for_where_the_device_keeps_to_it(
    kind: str, action: Action, may_end: bool
) -> None:
    fields = fields_of(action, replace(GATE, kind=kind), AccessSettings(), NOON, EN)
    assert ("until" in [field.name for field in fields]) is may_end


def test_nobody_is_proposed_to_start_a_pump_for_a_visitor() -> None:
    def reasons(device: Device) -> list[str]:
        return list(fields_of(Action.STOP, device, AccessSettings(), NOON, EN)[0].options)

    pump = replace(GATE, commands={Action.START: SHOWS, Action.STOP: SHOWS})
    assert reasons(pump) == ["operation", "test", "repairs", "patrol", "emergency"]
    assert reasons(GATE)[0] == "visitor"


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


def test_who_sets_what_may_not_be_is_told_what_may() -> None:
    device = replace(GATE, points=(*GATE.points, SPEED.point, MODE.point))
    limits = {"point": "gate/speed", "low": 20.0, "high": 50.0, "unit": "Hz"}
    number = Outcome(Result.REFUSED, "value-not-allowed", limits)
    assert outcome_view("x", number, device, EN).lines == (
        "It must not be set to that.",
        "Speed may be set to: 20 – 50 Hz",
    )
    assert outcome_view("x", number, device, ZH).lines[1] == "转速可设为：20 – 50 Hz"
    states = {"point": "gate/mode", "states": ["auto", "off"]}
    state = Outcome(Result.REFUSED, "value-not-allowed", states)
    assert outcome_view("x", state, device, ZH).lines[1] == "模式可设为：自动, 关闭"


def test_a_line_of_the_record_says_who_why_and_how_it_ended() -> None:
    def cells(recorded: Recorded) -> tuple[str, ...]:
        return command_row(recorded, GATE, NOON, ZONE, EN).cells

    refused = Outcome(Result.REFUSED, "busy")
    assert cells(Recorded(COMMAND, "wang", refused, NOON)) == (
        *("06:13:20", "Open", "li + wang", "courier"),
        "not done: Another command to this device is under way: try again in a moment.",
    )
    assert cells(Recorded(COMMAND, None, None, None))[-1] == "Waits until the device shows it …"
    own = replace(COMMAND, asked_by=GATEWAY, reason="fire")
    done = Outcome(Result.CONFIRMED, "shown")
    assert cells(Recorded(own, None, done, NOON))[2:] == ("gateway", "fire signal", "done")
    named = replace(COMMAND, reason="fire")
    assert cells(Recorded(named, None, done, NOON))[3] == "fire"


def test_the_record_names_a_setpoint_as_people_do() -> None:
    def asked(point: str, value: object) -> str:
        device = replace(GATE, points=(*GATE.points, SPEED.point, MODE.point))
        command = replace(COMMAND, action=Action.SET, parameters={"point": point, "value": value})
        return command_row(Recorded(command, None, None, None), device, NOON, ZONE, ZH).cells[1]

    assert asked("speed", 45.0) == "设定 转速 = 45 Hz"
    assert asked("mode", "auto") == "设定 模式 = 自动"
    assert asked("pace", 45.0) == "设定 pace = 45"


def test_what_the_register_said_of_a_plate_is_told_in_words() -> None:
    told = {"plate": "京A12345", "direction": "in", "verdict": "near"}
    arrival = Logged("1", "gate/arrival", told, NOON, NOON, 1)
    assert event_row(arrival, {"gate": GATE}, NOON, ZONE, ZH).cells[-1] == "进 · 相似车牌"


FENCE = Point("fence/line", PointKind.STATE, Text("Line", "线路"), states=("normal", "alarm"))
WALL = replace(
    GATE,
    id="wall",
    kind="zone",
    zone=ZoneSettings((ZoneLine("fence/line"), ZoneLine("gate/access", always=True))),
)
LINES = {"fence": replace(GATE, id="fence", kind="line", points=(FENCE,)), "gate": GATE}


def test_each_line_of_a_zone_is_told_with_its_state_and_until_when_it_is_bypassed() -> None:
    stale = reading("fence/line", "alarm", quality=Quality.STALE)
    ends = {"fence/line": NOON + HOUR}
    views = line_views(WALL, LINES, {"fence/line": stale}, ends, NOON, ZONE, EN)
    assert [(view.name, view.state, view.watched) for view in views] == [
        ("Gate", "? alarm (stale)", "bypassed until 07:13:20"),
        ("Gate · Access", "", "always"),
    ]
    assert line_views(GATE, LINES, {}, {}, NOON, ZONE, EN) == ()


def test_which_lines_to_bypass_must_be_said_and_those_always_watched_are_not_offered() -> None:
    views = line_views(WALL, LINES, {}, {}, NOON, ZONE, EN)
    (only,) = which_lines(views, EN)
    assert (only.required, list(only.options), only.value) == (
        *(True, ["fence/line"]),
        ["fence/line"],
    )
    two = replace(WALL, zone=ZoneSettings((ZoneLine("fence/line"), ZoneLine("gate/access"))))
    (which,) = which_lines(line_views(two, LINES, {}, {}, NOON, ZONE, EN), EN)
    assert (list(which.options), which.value) == ([EVERY, "fence/line", "gate/access"], [])
    assert which_lines((), EN) == ()


@pytest.mark.parametrize(
    ("kind", "told", "who", "said"),
    [
        ("zone", {"line": "fence/line", "led-to": "breach"}, "", "Gate · breach"),
        (
            "zone",
            {"led-to": "walk-test-over", "untested": ["fence/line"], "tested": []},
            "",
            "walk test over · Not tested: Gate",
        ),
        ("fire", {"not-released": ["gate"], "released": []}, "", "Not released: Gate"),
        ("door", {"result": "granted"}, "nobody known", "granted"),
        ("barrier", {"who": "olaf", "reason": "a convoy"}, "olaf", "a convoy"),
        ("door", {"result": "granted", "holder": "Li"}, "Li", "granted"),
    ],
)
def test_nobody_is_missed_where_nobody_shows_who_they_are(
    kind: str, told: dict[str, object], who: str, said: str
) -> None:
    here = {**LINES, "here": replace(GATE, id="here", kind=kind)}
    event = Logged("1", "here/trip", told, NOON, NOON, 1)
    assert event_row(event, here, NOON, ZONE, EN).cells[-2:] == (who, said)


def test_why_a_device_refused_is_told_in_the_persons_language() -> None:
    detail = {
        "subject": "wall",
        "problem": "bypass must have an end that is still to come",
        "remedy": "say until when",
    }
    refused = Outcome(Result.REFUSED, "device-refuses", detail)
    assert outcome_view("北围墙", refused, WALL, ZH).lines[1:] == (
        "截止时间须晚于现在",
        "请改填截止时间",
    )
