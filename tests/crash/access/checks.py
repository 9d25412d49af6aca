"""What must hold of doors, barriers and fires at the end of a run: pure questions to the evidence.

What a killed broker has lost was never said: what must follow is told by what is in the journal.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from tests.crash.access.deeds import plate
from tests.crash.access.evidence import AccessEvidence
from tests.crash.load import Value

AccessCheck = Callable[[AccessEvidence], Iterable[str]]
"""Names what is not as it must be."""

ONCE: Final = (1, 1)
NOT_DONE: Final = frozenset({"unknown", "failed"})
REOPENS: Final = ["open", "closing", "open", "closing", "closed"]


def _forced(e: AccessEvidence) -> Iterator[str]:
    for number in e.rounds("hall"):
        rule, granted = f"hall-{number}/forced", _granted(e, number)
        if granted is not None and e.raised(rule) != ((0, 0) if granted else ONCE):
            yield f"{rule}: {e.raised(rule)}, granted: {granted}"


def _passages(e: AccessEvidence) -> Iterator[str]:
    for number in e.rounds("hall"):
        taken = _taken(e, f"hall-{number}")
        if _granted(e, number) is not None and taken != int(_granted(e, number) is True):
            yield f"hall-{number}: {taken} passages"


def _granted(e: AccessEvidence, number: int) -> bool | None:
    """Whether the door was opened after a grant; None where what was said is not all there, or in
    another order."""
    said = [name for name, _ in e.said[f"hall-{number}"] if name in ("contact", "access")]
    contact = e.words(f"hall-{number}/contact")
    if contact[:2] != ["closed", "open"]:
        return None
    before = {("contact", "access", "contact"): True, ("contact", "contact"): False}
    return next(
        (
            granted
            for order, granted in before.items()
            if tuple(said[: len(order)]) == order and said.count("access") == granted
        ),
        None,
    )


def _sent_twice(e: AccessEvidence) -> Iterator[str]:
    times = Counter(order.id for order in e.orders)
    return (f"{order}: {times[order.id]} times" for order in e.orders if times[order.id] > 1)


def _nobody_asked(e: AccessEvidence) -> Iterator[str]:
    recorded = {command.id for command in e.commands}
    for device, sent in Counter(order.device for order in e.orders).items():
        kind, _, number = device.partition("-")
        reasons = {
            "side": sum(o.device == device and o.id in recorded for o in e.orders),
            "exit": e.words(f"panel-{number}/fire").count("alarm"),
            "vault": 1,  # a lock-down locks
            "gate": len(e.words(f"gate-{number}/plate")),
        }
        if sent > reasons.get(kind, 0):
            yield f"{device}: {sent} orders, {reasons.get(kind, 0)} reasons"


def _without_end(e: AccessEvidence) -> Iterator[str]:
    return (f"{command}" for command in e.commands if command.result is None)


def _not_told(e: AccessEvidence) -> Iterator[str]:
    for device in {command.device for command in e.commands if command.result in NOT_DONE}:
        raised, tickets = e.raised(f"{device}/command-failed")
        if not raised or not tickets:
            yield f"{device}: {[c for c in e.commands if c.device == device]}"


def _answered_otherwise(e: AccessEvidence) -> Iterator[str]:
    for device, answer in e.answers.items():
        ends = {command.result for command in e.commands if command.device == device}
        if answer is not None and "result" in answer and answer["result"] not in ends:
            yield f"{device}: answered {answer}, on record {ends}"


def _forgotten(e: AccessEvidence) -> Iterator[str]:
    for device, answer in e.answers.items():
        kind = device.partition("-")[0]
        point, word = {
            "vault": (f"{device}/mode", "locked-down"),
            "wall": (f"{device}/bypass", "bypassed"),
        }.get(kind, ("", None))
        confirmed = answer is not None and answer.get("result") == "confirmed"
        if confirmed and point and e.last(point) != word:
            yield f"{point}: {e.last(point)}"


def _counts(e: AccessEvidence) -> Iterator[str]:
    inside = sum(bool(_taken(e, f"hall-{number}")) for number in e.rounds("hall"))
    if (e.last("court/inside") or 0.0) != inside:
        yield f"court/inside: {e.last('court/inside')}, came in: {inside}"
    for number in e.rounds("gate"):
        gate = f"gate-{number}"
        told = len(e.words(f"{gate}/reopened")), e.last(f"{gate}/reopenings")
        if e.words(f"{gate}/position")[: len(REOPENS)] == REOPENS and told != (1, 1.0):
            yield f"{gate}: reopened {told}"


def _gate_record(e: AccessEvidence) -> Iterator[str]:
    for number in e.rounds("gate"):
        gate = f"gate-{number}"
        for what in ("arrival", "passage"):
            told = len(e.words(f"{gate}/{what}"))
            kept = sum((line.barrier, line.what) == (gate, what) for line in e.gate_lines)
            if told != kept:
                yield f"{gate}: {told} times {what}, on record {kept}"
        is_in = plate(number) in e.on_site
        if is_in != (_taken(e, gate) > 0):
            yield f"{gate}: passed {_taken(e, gate)} times, on site: {is_in}"


def _fires(e: AccessEvidence) -> Iterator[str]:
    for number in e.rounds("panel"):
        rule = f"fire-{number}/fire"
        if e.raised(rule) != ONCE:
            yield f"{rule}: {e.raised(rule)}"
        if e.last(f"exit-{number}/lock") != "unlocked":
            yield f"exit-{number}: {e.last(f'exit-{number}/lock')}"


def _taken(e: AccessEvidence, device: str) -> int:
    """How often somebody has passed there."""
    passages = (_event(value) for value in e.words(f"{device}/passage"))
    return sum(passage["result"] in ("taken", "assumed") for passage in passages)


def _event(value: Value) -> Mapping[str, Any]:
    event: Mapping[str, Any] = json.loads(str(value))
    return event


ACCESS_CHECKS: Final[Mapping[str, AccessCheck]] = {
    "a forced opening not told exactly once, or a granted one told": _forced,
    "passages not told exactly once": _passages,
    "commands sent twice": _sent_twice,
    "commands nobody asked for": _nobody_asked,
    "commands without an end": _without_end,
    "commands that failed, without an alarm": _not_told,
    "commands answered otherwise than on record": _answered_otherwise,
    "modes and bypasses forgotten": _forgotten,
    "counts lost": _counts,
    "gates' record not as told": _gate_record,
    "fires not told once, or doors they left shut": _fires,
}
