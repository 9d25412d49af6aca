"""How alarms and the duty desk are put together, for gateway.app."""

from dataclasses import dataclass

from gateway.alarms.dealt_with import DealtWith
from gateway.alarms.service import AlarmService
from gateway.desk.clock_book import ClockBook, Lateness
from gateway.desk.clocks import Limits
from gateway.desk.desk import Desk
from gateway.desk.duty import Shifts
from gateway.desk.escalation import Escalations, Rising
from gateway.desk.handover import HandoverBook
from gateway.desk.holds import HoldEnd, follow_hold
from gateway.desk.keys import KeyRegister
from gateway.desk.notices import Outbox
from gateway.desk.roster import Roster
from gateway.desk.suppressions import Suppressions
from gateway.desk.tickets import TicketBook
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.timers import TimerKind
from gateway.model.clock import Clock
from gateway.outside.webhooks import WebhookEvents
from gateway.site.model import Site


@dataclass(frozen=True, slots=True)
class DeskParts:
    """The alarm service, to be run, and what people and programs call."""

    alarms: AlarmService
    desk: Desk
    suppressions: Suppressions
    shifts: Shifts
    roster: Roster
    keys: KeyRegister


async def wire_desk(
    site: Site,
    journal: Journal,
    ledger: Ledger,
    feed: Feed,
    clock: Clock,
    histories: tuple[str, ...] = (),
    receivers: tuple[str, ...] = (),
    dealt_with: DealtWith | None = None,
) -> DeskParts:
    """`histories` and `receivers` are the names of those that can fail; `dealt_with` is for the
    active one of several gateways."""
    outbox, escalations = Outbox(), Escalations(site.desk.timing.chains)
    clocks = ClockBook(Limits(site.desk.timing, site.time_zone))
    webhooks = WebhookEvents(site.webhooks)
    follows = (follow_hold, clocks.follow, escalations.follow, webhooks.follow)
    tickets = TicketBook(follows, site.desk.reopen_within)
    handovers = HandoverBook(site, outbox)
    run_outs = {
        TimerKind.SHIFT: handovers.run_out,
        TimerKind.HOLD: HoldEnd(tickets).run_out,
        TimerKind.CLOCK: Lateness(tickets, escalations.begin_late).run_out,
        TimerKind.ESCALATE: Rising(tickets, outbox.put).run_out,
    }
    alarms = AlarmService(
        site,
        journal,
        ledger,
        feed,
        clock,
        tickets.announce,
        histories,
        run_outs,
        receivers,
        dealt_with,
        (clocks.set_right, handovers.set_right),
    )
    shifts = Shifts(site, ledger, clock, handovers, alarms.wake)
    await shifts.start()
    return DeskParts(
        alarms=alarms,
        desk=Desk(site, ledger, feed, clock, tickets, alarms.book, alarms.wake),
        suppressions=Suppressions(alarms.book, ledger, feed, clock, alarms.wake, shifts.shift_end),
        shifts=shifts,
        roster=Roster(site.desk.shifts, ledger, clock),
        keys=KeyRegister(site.time_zone, ledger, clock),
    )
