"""What the API and the pages call. Made by gateway.app, the only wiring."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.access.bypasses import Bypasses
from gateway.access.commands import Commands
from gateway.access.event_log import EventLog
from gateway.access.lock_down import LockDowns
from gateway.access.passes import Passes
from gateway.access.roll_call import RollCalls
from gateway.access.standing_orders import StandingOrders
from gateway.access.vehicles import Vehicles
from gateway.alarms.performance import Performance
from gateway.desk.desk import Desk
from gateway.desk.duty import Shifts
from gateway.desk.keys import KeyRegister
from gateway.desk.roster import Roster
from gateway.desk.suppressions import Suppressions
from gateway.discovery import Discovery
from gateway.feed import Feed
from gateway.health import Health
from gateway.history.protocol import History
from gateway.live import Live
from gateway.model.clock import Clock
from gateway.outside.inbox import Inbox
from gateway.reports.reports import Reports
from gateway.security.accounts import Accounts
from gateway.security.audit_trail import AuditTrail
from gateway.site.model import Site
from gateway.video.stills import Stills


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a router or a page needs, and nothing more."""

    site: Site
    clock: Clock
    live: Live
    feed: Feed
    desk: Desk
    commands: Commands
    lock_downs: LockDowns
    bypasses: Bypasses
    standing_orders: StandingOrders
    passes: Passes
    vehicles: Vehicles
    access_log: EventLog
    roll_calls: RollCalls
    suppressions: Suppressions
    shifts: Shifts
    roster: Roster
    keys: KeyRegister
    performance: Performance
    reports: Reports
    history: History
    accounts: Accounts
    audit: AuditTrail
    hooks: Inbox
    health: Callable[[], Health]
    snapshots: Path
    stills: Stills
    discovery: Discovery
