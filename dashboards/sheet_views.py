"""The hand-over sheet in words: one table for each thing the next shift must know."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from dashboards.listing import Row
from dashboards.moments import moment
from dashboards.standing_orders import HEADS as STANDING_HEADS
from dashboards.standing_orders import standing_row
from dashboards.texts import Texts
from dashboards.ticket_views import priority_word
from gateway.model.clock import Micros
from gateway.model.handover import (
    KeptQuiet,
    KeyLoan,
    Note,
    OpenTicket,
    Overdue,
    Sheet,
    Standing,
    Unwatched,
)


@dataclass(frozen=True, slots=True)
class Table:
    """One of the sheet's tables. `name` is its code: its title and heads stand in the catalogue."""

    name: str
    heads: tuple[str, ...]
    rows: Callable[[Sheet, "Words"], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Words:
    """How instants and names are told. `devices`: names by a device's id, and by a rule's."""

    texts: Texts
    zone: ZoneInfo
    now: Micros
    devices: Mapping[str, str] = field(default_factory=dict)

    def when(self, instant: Micros | None) -> str:
        """The time, with the date when that is not today's."""
        return "" if instant is None else moment(instant, self.now, self.zone)


def _ticket(ticket: OpenTicket, words: Words) -> Row:
    language = words.texts.language
    return Row(
        (
            f"#{ticket.number}",
            priority_word(ticket.priority, words.texts),
            ticket.title.in_(language),
            ticket.place.in_(language),
            words.texts(f"ticket.state.{ticket.state}"),
            ticket.assignee,
            words.when(ticket.opened_at),
        )
    )


def _quiet(quiet: KeptQuiet, words: Words) -> Row:
    return Row(
        (
            quiet.title.in_(words.texts.language),
            words.devices.get(quiet.rule, quiet.rule),
            words.texts(f"suppressing.{quiet.kind}"),
            words.when(quiet.since),
            words.when(quiet.until),
            quiet.who,
            " · ".join(part for part in (quiet.work_order, quiet.reason) if part),
        )
    )


def _overdue(overdue: Overdue, words: Words) -> Row:
    clock = words.texts(f"clock.{overdue.clock}")
    return Row((f"#{overdue.ticket}", clock, words.when(overdue.due_at)))


def _standing(standing: Standing, words: Words) -> Row:
    language = words.texts.language
    return Row(
        (
            words.devices.get(standing.device, standing.device),
            standing.title.in_(language),
            standing.place.in_(language),
            words.when(standing.since),
        )
    )


def _unwatched(found: Unwatched, words: Words) -> Row:
    texts = words.texts
    state = "" if found.state is None else texts.word("state", found.state)
    if not found.known:
        state = texts("sheet.unknown_last", state=state) if state else texts("state.unknown")
    return Row(
        (
            words.devices.get(found.device, found.device),
            state,
            found.place.in_(texts.language),
            words.when(found.so_since),
            words.when(found.until),
        )
    )


def _key(loan: KeyLoan, words: Words) -> Row:
    return Row((loan.key, loan.holder, words.when(loan.lent_at), words.when(loan.due_at)))


def _note(note: Note, words: Words) -> Row:
    return Row((words.when(note.at), note.who, note.text))


TABLES: tuple[Table, ...] = (
    Table(
        "tickets",
        ("number", "priority", "what", "place", "state", "assignee", "since"),
        lambda sheet, words: (_ticket(ticket, words) for ticket in sheet.tickets),
    ),
    Table(
        "overdue",
        ("number", "clock", "due"),
        lambda sheet, words: (_overdue(overdue, words) for overdue in sheet.overdue),
    ),
    Table(
        "quiet",
        ("what", "device", "how", "since", "until", "who", "reason"),
        lambda sheet, words: (_quiet(quiet, words) for quiet in sheet.quiet),
    ),
    Table(
        "offline",
        ("device", "what", "place", "since"),
        lambda sheet, words: (_standing(standing, words) for standing in sheet.offline),
    ),
    Table(
        "bypassed",
        ("device", "state", "place", "since", "until"),
        lambda sheet, words: (_unwatched(found, words) for found in sheet.bypassed),
    ),
    Table(
        "standing",
        STANDING_HEADS,
        lambda sheet, words: (
            standing_row(order, words.devices, words.now, words.zone, words.texts)
            for order in sheet.standing
        ),
    ),
    Table(
        "open_doors",
        ("device", "what", "place", "since"),
        lambda sheet, words: (_standing(standing, words) for standing in sheet.open_doors),
    ),
    Table(
        "keys_out",
        ("key", "holder", "since", "due"),
        lambda sheet, words: (_key(loan, words) for loan in sheet.keys_out),
    ),
    Table(
        "notes",
        ("since", "who", "what"),
        lambda sheet, words: (_note(note, words) for note in sheet.notes),
    ),
)
"""In the order they are gone through."""
