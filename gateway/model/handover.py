"""The change of shift at the desk: what is handed over, by whom, to whom (estate-rules.md, D11)."""

from dataclasses import dataclass

from gateway.model.alarm import Suppressing
from gateway.model.clock import Micros
from gateway.model.rule import Priority
from gateway.model.standing_order import StandingOrder
from gateway.model.text import Text
from gateway.model.ticket import ClockKind, TicketState


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Work that goes on in the next shift."""

    number: int
    title: Text
    place: Text
    priority: Priority
    state: TicketState
    assignee: str
    opened_at: Micros


@dataclass(frozen=True, slots=True)
class KeptQuiet:
    """Alarms of a rule that nobody is told of, by a person's act."""

    kind: Suppressing
    rule: str
    title: Text
    until: Micros | None
    who: str
    reason: str
    work_order: str | None
    since: Micros | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What should have been done on a ticket by `due_at`, and is not."""

    ticket: int
    clock: ClockKind
    due_at: Micros


@dataclass(frozen=True, slots=True)
class Standing:
    """A device of which something is true now: it is silent, or it stands open."""

    device: str
    title: Text
    place: Text
    since: Micros


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A device that is bypassed, or of which that is not known. `state` is the last it told for
    certain, `since` when; `unknown_since`: since when it is not known. None: never told. `until`:
    when it ends by itself, where the gateway holds it."""

    device: str
    place: Text
    state: str | None
    since: Micros | None
    unknown_since: Micros | None
    until: Micros | None = None

    @property
    def known(self) -> bool:
        """Whether it is so now."""
        return self.state is not None and self.unknown_since is None

    @property
    def so_since(self) -> Micros | None:
        """Since when it is bypassed, or not known; None: never told."""
        return self.since if self.unknown_since is None else self.unknown_since


@dataclass(frozen=True, slots=True)
class KeyLoan:
    """A key (or radio) somebody has. It is due back on the day it was lent (D13); `returned_at` and
    `taken_back_by` once it is."""

    id: int
    key: str
    holder: str
    lent_by: str
    lent_at: Micros
    due_at: Micros
    returned_at: Micros | None = None
    taken_back_by: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody of the shift wants the next one to know."""

    at: Micros
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened from one sheet to the next."""

    alarms_raised: int
    tickets_opened: int
    tickets_closed: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the next shift must know, as it was `at` that instant. `counts` are of what happened
    after `since`, when the sheet before was signed, up to then. `audit` is the newest hash of the
    audit record: whoever keeps a sheet finds out when the record before it was altered."""

    at: Micros
    since: Micros
    tickets: tuple[OpenTicket, ...]
    quiet: tuple[KeptQuiet, ...]
    overdue: tuple[Overdue, ...]
    offline: tuple[Standing, ...]
    open_doors: tuple[Standing, ...]
    keys_out: tuple[KeyLoan, ...]
    notes: tuple[Note, ...]
    counts: Counts
    audit: str = ""
    bypassed: tuple[Unwatched, ...] = ()
    standing: tuple[StandingOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Handover:
    """The end of one shift of one team. Their ids rise in the order of the shifts, without gaps.

    The shift began at `begun_at` and is to end at `due_at`. When somebody of it signs (`left_by`),
    the sheet is frozen; when the relief has signed the same sheet (`taken_by`), the team is
    released, and not before. `late_at`: since when it has been late, also when it was signed after
    all.
    """

    id: int
    shift: str
    team: str
    begun_at: Micros
    due_at: Micros
    sheet: Sheet | None = None
    left_by: str | None = None
    left_at: Micros | None = None
    taken_by: str | None = None
    taken_at: Micros | None = None
    late_at: Micros | None = None
