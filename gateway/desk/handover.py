"""Hand-overs in the ledger: one for every shift, begun by a timer, signed by both sides.

They are signed in the order of the shifts, and the team of the oldest one not signed by both is on
duty, whatever the plan says: nobody is released unsigned. After a pause of the gateway every shift
that passed has its hand-over, and is late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.desk import roster
from gateway.desk.notices import Notice, Outbox
from gateway.desk.sheet import SheetWriter
from gateway.desk.shifts import shift_at
from gateway.desk.signing import check_leaving, check_taking
from gateway.desk.written import check_text
from gateway.errors import Missing, Refused
from gateway.ledger import timers
from gateway.ledger.tables import desk
from gateway.ledger.timers import Ahead, Timer, TimerKind
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros, to_datetime
from gateway.model.handover import Handover, Note
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import Ticket
from gateway.security.audit import record
from gateway.site.model import Site

NEXT = "next"
"""The timer's subject for the shift after the newest one."""

LEADER = "leader"
"""The audience that is told of a late one."""

_table = desk.handover


class HandoverBook:
    """The one place where a hand-over changes."""

    def __init__(self, site: Site, outbox: Outbox) -> None:
        self._site = site
        self._plan = site.desk.shifts
        self._sheets = SheetWriter(site)
        self._outbox = outbox

    def begin(self, connection: sa.Connection, now: Micros) -> None:
        """With the shift that runs now, where there is none yet."""
        if newest(connection) is None:
            self._open(connection, 1, shift_at(self._plan, now, self._site.time_zone).begins_at)

    def run_out(
        self, connection: sa.Connection, timer: Timer, now: Micros
    ) -> Sequence[Alarm | Ticket]:
        """A shift has ended: open the hand-overs of all that have begun since. Or one is late."""
        if timer.subject == NEXT:
            last = newest(connection)
            while last is not None and last.due_at <= now:
                last = self._open(connection, last.id + 1, last.due_at)
        else:
            self._mark_late(connection, find(connection, int(timer.subject)), now)
        return ()

    def set_right(self, connection: sa.Connection, ahead: Ahead) -> None:
        """A SetRight: what is not signed and not late yet will be late, and told, in its time."""
        early = _table.c.taken_at.is_(None) & (_table.c.late_at > ahead.now)
        for row in connection.execute(sa.select(_table).where(early)).all():
            handover = _save(connection, replace(_handover(row), late_at=None))
            self._outbox.let_tell_again(connection, _late_key(handover))
            self._start_late(connection, handover)

    def with_sheet(self, connection: sa.Connection, handover: Handover, now: Micros) -> Handover:
        """With the signed sheet; until it is signed, with one of how things are now."""
        if handover.sheet is not None:
            return handover
        before = find_or_none(connection, handover.id - 1)
        signed = None if before is None else before.left_at
        since = handover.begun_at if signed is None else signed
        return replace(handover, sheet=self._sheets.write(connection, handover.id, since, now))

    def leave(self, connection: sa.Connection, number: int, who: Actor, now: Micros) -> Handover:
        """The leaving side signs, and the sheet is frozen. Missing, or Refused as in signing.py."""
        handover = find(connection, number)
        before = find_or_none(connection, number - 1)
        team = roster.members(connection, handover.team, now)
        check_leaving(handover, before, team, who.user, now, self._plan.sign_from)
        handover = self.with_sheet(connection, handover, now)
        if find_or_none(connection, number + 1) is None:
            self._open(connection, number + 1, handover.due_at)
        record(connection, now, who, "hand-over left", f"hand-over {number}")
        return _save(connection, replace(handover, left_by=who.user, left_at=now))

    def take(self, connection: sa.Connection, number: int, who: Actor, now: Micros) -> Handover:
        """The relief signs, and the leaving team is released. Missing, or Refused as in
        signing.py."""
        handover = find(connection, number)
        following = find_or_none(connection, number + 1)
        team = () if following is None else roster.members(connection, following.team, now)
        check_taking(handover, following, team, who.user)
        if now >= self._late_from(handover):  # its timer is as late as the gateway itself
            handover = self._mark_late(connection, handover, now)
        timers.stop(connection, TimerKind.SHIFT, str(number))
        record(connection, now, who, "hand-over taken", f"hand-over {number}")
        return _save(connection, replace(handover, taken_by=who.user, taken_at=now))

    def note(self, connection: sa.Connection, text: str, who: Actor, now: Micros) -> Note:
        """For the sheet that is signed next. Refused without a text, Malformed with too much."""
        handover = _first(connection, _table.c.left_at.is_(None))
        if not text.strip():
            raise Refused(f"hand-over {handover.id}", "an empty note says nothing", "write a text")
        check_text(f"hand-over {handover.id}", text)
        note = Note(now, who.user, text.strip())
        values = {"handover": handover.id, **msgspec.to_builtins(note)}
        connection.execute(desk.handover_note.insert().values(values))
        record(connection, now, who, "hand-over note", f"hand-over {handover.id}", after=note.text)
        return note

    def _open(self, connection: sa.Connection, number: int, begun_at: Micros) -> Handover:
        shift = shift_at(self._plan, begun_at, self._site.time_zone)
        opened = Handover(number, shift.id, shift.team.id, begun_at, shift.ends_at)
        connection.execute(_table.insert().values(_row(opened)))
        timers.start(connection, Timer(TimerKind.SHIFT, NEXT, opened.due_at))
        self._start_late(connection, opened)
        return opened

    def _start_late(self, connection: sa.Connection, handover: Handover) -> None:
        late = Timer(TimerKind.SHIFT, str(handover.id), self._late_from(handover))
        timers.start(connection, late)

    def _late_from(self, handover: Handover) -> Micros:
        return handover.due_at + self._plan.late_after

    def _mark_late(self, connection: sa.Connection, handover: Handover, now: Micros) -> Handover:
        if handover.late_at is not None:
            return handover
        following = find_or_none(connection, handover.id + 1)
        if following is None or now < self._late_from(following):  # after a pause, one for all
            waiting = _unsigned(connection, now)
            self._outbox.put(connection, self._late_notice(handover, waiting), now)
        return _save(connection, replace(handover, late_at=self._late_from(handover)))

    def _late_notice(self, handover: Handover, waiting: int) -> Notice:
        unknown = Text(handover.shift, handover.shift)  # no longer in the plan
        name = next((s.name for s in self._plan.times if s.id == handover.shift), unknown)
        ended = to_datetime(handover.due_at).astimezone(self._site.time_zone)
        return Notice(
            key=_late_key(handover),
            audience=LEADER,
            title="交接班逾期 / Hand-over late",
            body=f"{name.zh}，至 {ended:%Y-%m-%d %H:%M}，共 {waiting} 次未签\n"
            f"{name.en}, until {ended:%Y-%m-%d %H:%M}; not signed: {waiting}",
            ticket=None,
            priority=Priority.HIGH,
        )


def _late_key(handover: Handover) -> str:
    return f"hand-over/{handover.id}/late"


def find(connection: sa.Connection, number: int) -> Handover:
    """Missing where there is none."""
    found = find_or_none(connection, number)
    if found is None:
        raise Missing(
            f"hand-over {number}", "there is no such hand-over", "look at the list of hand-overs"
        )
    return found


def current(connection: sa.Connection) -> Handover:
    """The oldest one not signed by both sides: its team is on duty."""
    return _first(connection, _table.c.taken_at.is_(None))


def newest(connection: sa.Connection) -> Handover | None:
    """None before the gateway has ever begun one."""
    found = list_handovers(connection, limit=1)
    return found[0] if found else None


def list_handovers(connection: sa.Connection, limit: int) -> list[Handover]:
    """Newest first."""
    query = sa.select(_table).order_by(_table.c.id.desc()).limit(limit)
    return [_handover(row) for row in connection.execute(query)]


def _unsigned(connection: sa.Connection, now: Micros) -> int:
    """How many shifts have ended that are not handed over."""
    ended = _table.c.taken_at.is_(None) & (_table.c.due_at <= now)
    return connection.execute(sa.select(sa.func.count()).where(ended)).scalar_one()


def _first(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Handover:
    """There is always one: the next shift's is opened before this one's is signed."""
    query = sa.select(_table).where(which).order_by(_table.c.id).limit(1)
    return _handover(connection.execute(query).one())


def find_or_none(connection: sa.Connection, number: int) -> Handover | None:
    """None where there is none."""
    row = connection.execute(sa.select(_table).where(_table.c.id == number)).one_or_none()
    return None if row is None else _handover(row)


def of_shift(connection: sa.Connection, begun_at: Micros) -> Handover | None:
    """That of the shift that began then; None where there is none."""
    row = connection.execute(sa.select(_table).where(_table.c.begun_at == begun_at)).one_or_none()
    return None if row is None else _handover(row)


def _save(connection: sa.Connection, handover: Handover) -> Handover:
    row = _row(handover)
    connection.execute(_table.update().where(_table.c.id == handover.id).values(row))
    return handover


def _row(handover: Handover) -> Mapping[str, object]:
    row: Mapping[str, object] = msgspec.to_builtins(handover)
    return row


def _handover(row: sa.Row[tuple[object, ...]]) -> Handover:
    return msgspec.convert(row, Handover, from_attributes=True)
