"""What the page of doors, barriers and zones says of a device and its commands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboards.device_views import Mark, is_to_come, unit_words, value_words
from dashboards.form import Asked as Ask
from dashboards.form import Field
from dashboards.listing import Row
from dashboards.moments import moment
from dashboards.texts import Texts
from dashboards.told import sentence
from gateway.access.authority import right_to, right_to_set
from gateway.access.command_book import Recorded
from gateway.model.actor import GATEWAY
from gateway.model.clock import HOUR, Micros
from gateway.model.command import Action, Command, Outcome, Result
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.security.roles import Right
from gateway.site.model import AccessSettings, Device, Setpoint

KINDS: Final = frozenset({"door", "barrier", "zone", "line", "output", "panel", "fire", "passback"})

REASONS: Final = ("visitor", "resident", "courier", "repairs", "patrol", "emergency")
"""Offered to choose from; people write others."""

LOCK_DOWN_REASONS: Final = ("emergency", "patrol")
"""The same for all doors at once."""

MACHINE_REASONS: Final = ("operation", "test", "repairs", "patrol", "emergency")
"""The same for pumps and other machines."""

UNTIL: Final[Mapping[Action, bool]] = {
    Action.BYPASS: True,
    Action.WALK_TEST: True,
    Action.DISARM: False,
    Action.LOCK_OPEN: False,
    Action.START: False,
    Action.SWITCH_ON: False,
    Action.SWITCH_OFF: False,
}
"""The commands that may end by themselves; True: must."""

ENDS_OF: Final[Mapping[Action, str]] = {
    Action.LOCK_OPEN: "barrier",
    Action.START: "pump",
    Action.SWITCH_ON: "lighting",
    Action.SWITCH_OFF: "lighting",
}
"""Those that do so with one kind of device alone."""

USUAL: Final[Micros] = HOUR


@dataclass(frozen=True, slots=True)
class StateView:
    """One point: what it says, and since when. `mark` is how far that may be trusted."""

    name: str
    said: str
    mark: Mark
    since: str


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """How a command stands. `mark` is its style's class: waiting, or the result."""

    mark: str
    head: str
    lines: tuple[str, ...] = ()


def watched(devices: Iterable[Device]) -> tuple[Device, ...]:
    """The devices that belong on the page."""
    return tuple(device for device in devices if device.kind in KINDS or device.commands)


def offered(device: Device, rights: Iterable[Right]) -> tuple[Action, ...]:
    """What the person may ask of the device as a whole; of somebody in it the roll asks, and what
    may be set stands apart."""
    return tuple(
        action
        for action in device.commands
        if action not in (Action.FORGIVE, Action.SET) and right_to(device, action) in rights
    )


def settable(device: Device, rights: Iterable[Right]) -> tuple[str, ...]:
    """The setpoints that the person may set, by their points' names."""
    return tuple(
        name for name, setpoint in device.setpoints.items() if right_to_set(setpoint) in rights
    )


def value_field(setpoint: Setpoint, last: Reading | None, texts: Texts) -> Field:
    """To what it is set: as it is now, until another value is chosen."""
    point = setpoint.point
    name = point.name.in_(texts.language)
    now = last.value if last is not None and last.quality is Quality.GOOD else None
    if setpoint.states:
        words = {state: texts.word("state", state) for state in setpoint.states}
        return Field("value", name, Ask.CHOICE, words, now if now in words else None)
    limits = f"{setpoint.low:g} – {setpoint.high:g} {unit_words(point, texts)}".rstrip()
    return Field("value", f"{name} ({limits})", Ask.NUMBER, {}, now)


def state_views(
    device: Device, newest: Mapping[str, Reading], now: Micros, zone: ZoneInfo, texts: Texts
) -> tuple[StateView, ...]:
    """Every state and number apart, in the order of the device's kind."""
    points = (point for point in device.points if point.kind is not PointKind.EVENT)
    return tuple(
        state_view(point, newest.get(point.id), now, zone, texts)
        for point in points
        if is_to_come(point, newest)
    )


def is_silent(device: Device, newest: Mapping[str, Reading]) -> bool:
    """Whether nothing is heard of it. What the gateway holds itself need not be heard."""
    told = [newest.get(point.id) for point in device.told]
    return bool(told) and all(each is None or each.quality is Quality.OFFLINE for each in told)


def fields_of(
    action: Action, device: Device, settings: AccessSettings, now: Micros, texts: Texts
) -> tuple[Field, ...]:
    """What is asked before it is sent."""
    runs = Action.START in device.commands or Action.SET in device.commands
    reasons = MACHINE_REASONS if runs else REASONS
    quick = {word: texts(f"why.{word}") for word in reasons}
    fields = [Field("reason", texts("head.reason"), Ask.LINE, quick)]
    if action in UNTIL and ENDS_OF.get(action, device.kind) == device.kind:
        must = UNTIL[action]
        usual = now + USUAL if must else None
        label = texts("command.until" if must else "command.until_or_not")
        fields.append(Field("until", label, Ask.MOMENT, {}, usual, must))
    return (*fields, *_proof_fields(action, settings, texts))


def lock_down_fields(
    action: Action,
    areas: Mapping[str, str],
    usual: str,
    settings: AccessSettings,
    texts: Texts,
) -> tuple[Field, ...]:
    """What is asked before all doors of one of the areas are locked down, or that is ended."""
    quick = {word: texts(f"why.{word}") for word in LOCK_DOWN_REASONS}
    return (
        Field("area", texts("head.area"), Ask.CHOICE, areas, usual),
        Field("reason", texts("head.reason"), Ask.LINE, quick),
        *_proof_fields(action, settings, texts),
    )


def lock_down_views(
    action: Action, outcomes: Mapping[str, Outcome], doors: Mapping[str, Device], texts: Texts
) -> tuple[str, ...]:
    """The mark of how it came out, how many doors did it, and by name those that did not."""
    what = texts(f"lock_down.{action}")
    missed = {id_: o for id_, o in outcomes.items() if o.result is not Result.CONFIRMED}
    said = texts("lock_down.done", done=len(outcomes) - len(missed), count=len(outcomes))
    lines = []
    for id_, outcome in missed.items():
        name = " · ".join(text.in_(texts.language) for text in (doors[id_].name, doors[id_].place))
        view = outcome_view(name, outcome, doors[id_], texts)
        lines.append(" · ".join((view.head, *view.lines)))
    mark = Result.UNKNOWN if missed else Result.CONFIRMED
    return (mark, texts("name_and_value", name=what, value=said), *lines)


def not_shut_words(said: Mapping[str, str], door: Device, texts: Texts) -> str:
    """By what a door that is locked down does not show that it is shut; nothing where it does."""
    names = {point.id.rpartition("/")[2]: point.name for point in door.points}
    words = (
        texts("name_and_value", name=names[name].in_(texts.language), value=_state(word, texts))
        for name, word in said.items()
    )
    return " · ".join(words) or texts("lock_down.shut")


def _state(word: str, texts: Texts) -> str:
    return texts("state.unknown") if word == UNKNOWN_STATE else texts.word("state", word)


def _proof_fields(action: Action, settings: AccessSettings, texts: Texts) -> tuple[Field, ...]:
    """What one shows that one may."""
    fields: list[Field] = []
    if action in settings.second_factor:
        fields.append(Field("password", texts("command.password"), Ask.SECRET))
    if action in settings.second_person:
        fields.append(Field("second", texts("command.second"), Ask.LINE))
        fields.append(Field("second_password", texts("command.second_password"), Ask.SECRET))
    return tuple(fields)


def outcome_view(what: str, outcome: Outcome, device: Device, texts: Texts) -> OutcomeView:
    """How the command `what` came out, and what to do about it."""
    head = texts("name_and_value", name=what, value=texts(f"result.{outcome.result}"))
    lines = [texts.word("code", outcome.code)]
    told = (outcome.detail.get(name) for name in ("problem", "remedy"))
    lines += [sentence(str(said), texts.language) for said in told if said]
    lines += filter(None, [_said_instead(outcome.detail, device, texts)])
    lines += filter(None, [_allowed(outcome.detail, device, texts)])
    if outcome.result is Result.UNKNOWN:
        lines.append(texts("command.look"))
    return OutcomeView(outcome.result, head, tuple(lines))


def command_row(
    recorded: Recorded, device: Device, now: Micros, zone: ZoneInfo, texts: Texts
) -> Row:
    """One line of what was asked of the device."""
    command, outcome = recorded.command, recorded.outcome
    who, why = command.asked_by.user, command.reason
    if who == GATEWAY.user:
        who, why = texts("who.gateway"), texts.word("wish", why)
    result = texts("command.waiting")
    if outcome is not None:
        result = texts(f"result.{outcome.result}")
        if outcome.result is not Result.CONFIRMED:
            code = texts.word("code", outcome.code)
            result = texts("name_and_value", name=result, value=code)
    cells = (
        moment(command.asked_at, now, zone),
        _asked_words(command, device, texts),
        " + ".join(name for name in (who, recorded.second) if name),
        why,
        result,
    )
    return Row(cells)


def state_view(
    point: Point, reading: Reading | None, now: Micros, zone: ZoneInfo, texts: Texts
) -> StateView:
    name = point.name.in_(texts.language)
    if reading is None:
        return StateView(name, texts("state.unknown"), Mark.UNHEARD, texts("mark.unheard"))
    since = moment(reading.taken_at, now, zone)
    said = texts("state.unknown") if reading.value is None else value_words(point, reading, texts)
    if reading.quality is Quality.GOOD:
        known = reading.value != UNKNOWN_STATE
        return StateView(name, said, Mark.NORMAL if known else Mark.UNHEARD, since)
    mark = Mark(reading.quality.value)
    return StateView(name, said, mark, f"{texts(f'mark.{mark}')} · {since}")


def _asked_words(command: Command, device: Device, texts: Texts) -> str:
    words = texts(f"command.{command.action}")
    if command.action is not Action.SET:
        return words
    name, value = str(command.parameters.get("point")), command.parameters.get("value")
    point = next((each for each in device.points if each.id == f"{device.id}/{name}"), None)
    said = f"{value:g}" if isinstance(value, float) else texts.word("state", str(value))
    if point is not None:
        name = point.name.in_(texts.language)
        said = (
            f"{said} {unit_words(point, texts)}".rstrip()
            if point.kind is PointKind.NUMBER
            else said
        )
    return f"{words} {name} = {said}"


def _point_of(detail: Mapping[str, Any], device: Device) -> Point | None:
    return next((p for p in device.points if p.id == detail.get("point")), None)


def _allowed(detail: Mapping[str, Any], device: Device, texts: Texts) -> str:
    """To what it may be set, where it may not be set to what was asked."""
    point = _point_of(detail, device)
    if point is None or not {"low", "states"} & detail.keys():
        return ""
    if "states" in detail:
        known = ", ".join(texts.word("state", state) for state in detail["states"])
    else:
        limits = f"{detail['low']:g} – {detail['high']:g} {unit_words(point, texts)}"
        known = limits.rstrip()
    return texts("command.allowed", name=point.name.in_(texts.language), allowed=known)


def _said_instead(detail: Mapping[str, Any], device: Device, texts: Texts) -> str:
    """What the confirming point said, where it did not confirm."""
    point = _point_of(detail, device)
    if point is None or "said" not in detail:
        return ""
    state, _, quality = str(detail["said"]).partition(" (")
    nothing = state in ("nothing", "None")
    value = texts("state.unknown") if nothing else texts.word("state", state)
    doubt = quality.rstrip(")")
    words = value if doubt in ("", Quality.GOOD) else f"{value}, {texts(f'mark.{Mark(doubt)}')}"
    return texts("name_and_value", name=point.name.in_(texts.language), value=words)
