"""Both catalogues against the code that uses them."""

import ast
import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from string import Formatter

import pytest

import dashboards
from dashboards.access_card import HEADS as ACCESS_HEADS
from dashboards.access_log import HEADS as LOG_HEADS
from dashboards.access_views import LOCK_DOWN_REASONS, MACHINE_REASONS, REASONS
from dashboards.device_views import Mark
from dashboards.discovery import HEADS as DISCOVERY_HEADS
from dashboards.event_words import NAMED
from dashboards.figure_panel import ACTOR_HEADS, ACTORS
from dashboards.figure_panel import HEADS as FIGURE_HEADS
from dashboards.health import HEADS as HEALTH_HEADS
from dashboards.lock_down_panel import HEADS as LOCK_DOWN_HEADS
from dashboards.places import Place
from dashboards.quiet import HEADS as QUIET_HEADS
from dashboards.roll_panel import HEADS as ROLL_HEADS
from dashboards.roster import HEADS as ROSTER_HEADS
from dashboards.sheet_views import TABLES
from dashboards.standing_orders import HEADS as STANDING_HEADS
from dashboards.texts import messages, preferred_language, texts_in
from dashboards.told import CONTEXT
from dashboards.unit_listing import HEADS as UNIT_HEADS
from dashboards.vehicles import HEADS as VEHICLE_HEADS
from dashboards.zone_lines import HEADS as LINE_HEADS
from drivers.modbus.answers import EXCEPTIONS
from drivers.modbus.meter import KINDS
from drivers.mqtt.profiles.parser import Reason
from gateway.access.codes import CODES, WISHES
from gateway.access.lock_down import ACTIONS as LOCK_DOWN_ACTIONS
from gateway.access.plates import PassKind, Verdict
from gateway.access.roll_call import Where
from gateway.access.vehicles import RECORDED
from gateway.history.influx.sending import REASON_CODES
from gateway.model.alarm import Attention, Suppressing
from gateway.model.command import Action, Result
from gateway.model.line_figures import UnitState
from gateway.model.point import UNKNOWN_STATE
from gateway.model.rule import AlarmClass, JobKind, Priority
from gateway.model.text import Language
from gateway.model.ticket import Act, Call, ClockKind, Event, FalseAlarm, Source, TicketState
from gateway.reports.period import Span
from gateway.security.roles import Role
from gateway.site.bundled import kinds

SOURCES = Path(dashboards.__file__).parent
CJK = re.compile(r"[\u4e00-\u9fff]")


def codes(language: Language) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in messages(language) if not m.context}


def states_of_kinds() -> set[str]:
    points = (point for kind in kinds().values() for point in kind.get("points").entries.values())
    states = (state for point in points for state in point.get("states").items)
    return {UNKNOWN_STATE, *(str(state.value) for state in states)}


UNITS = {"Cel", "kW.h", "m3", "m3/h"}
"""Whose UCUM code is not what people write."""

FAMILIES: Mapping[str, Set[str]] = {
    "act": set(Act),
    "attention": set(Attention),
    "class": set(AlarmClass),
    "entry": {*Act, *Event},
    "mark": set(Mark),
    "priority": {priority.name.lower() for priority in Priority},
    "role": set(Role),
    "source": set(Source) - {Source.ALARM},
    "state": states_of_kinds() | {"walk-test-over"},
    "ticket.state": set(TicketState),
    "trust": set(Mark) - {Mark.ALARM},
    "unit": UNITS,
    "unit-state": set(UnitState),
    "line-error": KINDS,
    "exception": set(EXCEPTIONS.values()),
    "call": {*Call.__slots__},
    "clock": set(ClockKind),
    "told": {"operator", "leader", "department", "manager", "again", "late", "faster"},
    "false_alarm": set(FalseAlarm),
    "job": set(JobKind),
    "head": {
        *(head for table in TABLES for head in table.heads),
        *("shift", "team", "left", "taken", "late"),
        *QUIET_HEADS,
        *HEALTH_HEADS,
        *ROSTER_HEADS,
        *FIGURE_HEADS,
        *ACTOR_HEADS,
        *ACCESS_HEADS,
        *LOG_HEADS,
        *VEHICLE_HEADS,
        *LINE_HEADS,
        *DISCOVERY_HEADS,
        *UNIT_HEADS,
        *ROLL_HEADS,
        *LOCK_DOWN_HEADS,
        *STANDING_HEADS,
    },
    "figures": set(ACTORS),
    "reports": set(Span),
    "sheet": {*(table.name for table in TABLES), "keys", "past"},
    "suppressing": set(Suppressing),
    "way": {place.name.lower() for place in Place},
    "letter": {*Reason, *REASON_CODES},
    "command": set(Action),
    "result": set(Result),
    "code": CODES,
    "wish": WISHES,
    "whereabouts": set(Where),
    "why": {*REASONS, *MACHINE_REASONS, *LOCK_DOWN_REASONS},
    "lock_down": set(LOCK_DOWN_ACTIONS),
    "said": {"granted", "denied", "asked", "taken", "not-taken", "in", "out"},
    "named": set(NAMED),
    "devices": {"name", "place", "state", "values", "trust"},
    "pass": set(PassKind),
    "gate_record": {*RECORDED, "left"},
    "outcome": {*Verdict, "taken", "not-taken", "assumed", "order", "hand", "unasked", "by-hand"},
}
"""Codes put together from a family and a word."""


def used_codes() -> Iterator[str]:
    """Every code in a call of `texts(…)`; of a code put together, all of its family."""
    for path in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            if called.endswith("texts.word"):
                if isinstance(node.args[0], ast.Constant):
                    yield from of_family(literal(node.args[0]))
            elif called.endswith("texts") or called.startswith("texts_in("):
                for argument in alternatives(node.args[0]):
                    yield from codes_of(argument)


def alternatives(argument: ast.expr) -> list[ast.expr]:
    return [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]


def codes_of(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.JoinedStr):
        yield from of_family(literal(argument.values[0]).removesuffix("."))
    elif isinstance(argument, ast.Constant):
        yield literal(argument)


def of_family(family: str) -> Iterator[str]:
    return (f"{family}.{word}" for word in FAMILIES[family])


def literal(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant), ast.unparse(node)
    return str(node.value)


# dashboards.told gives the family as a variable.
TOLD = ("act", "attention", "class", "exception", "ticket.state")
USED = {*used_codes(), *(code for family in TOLD for code in of_family(family))}


@pytest.mark.parametrize("language", Language)
def test_a_catalogue_has_every_code_that_is_used_and_no_other(language: Language) -> None:
    assert set(codes(language)) == USED


@pytest.mark.parametrize("language", Language)
def test_no_text_is_empty_or_fuzzy(language: Language) -> None:
    bad = [m.id for m in messages(language) if not str(m.string).strip() or m.fuzzy]
    assert bad == []


def test_both_languages_have_the_same_parameters() -> None:
    english, chinese = codes(Language.EN), codes(Language.ZH)
    assert {code: parameters(text) for code, text in english.items()} == {
        code: parameters(text) for code, text in chinese.items()
    }


def test_chinese_sentences_about_errors_keep_their_facts() -> None:
    for message in messages(Language.ZH):
        if message.context == CONTEXT:
            assert parameters(str(message.string)) <= parameters(str(message.id))


def test_the_chinese_texts_are_chinese_and_the_english_ones_english() -> None:
    same = {"language.name", "snapshot.caption", "name_and_value", *of_family("unit")}
    for code in USED - same:
        assert CJK.search(codes(Language.ZH)[code]), code
        assert not CJK.search(codes(Language.EN)[code]), code


def test_an_unknown_code_is_an_error_but_an_unknown_word_stands_as_it_is() -> None:
    texts = texts_in(Language.ZH)
    with pytest.raises(KeyError):
        texts("no.such.code")
    assert texts.word("state", "half-open") == "half-open"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("de, zh", Language.ZH),
        ("en-GB", Language.EN),
        ("", Language.EN),
        (";;,", Language.EN),
    ],
)
def test_the_browsers_first_language_of_ours_is_taken(header: str, language: Language) -> None:
    assert preferred_language(header) is language


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
