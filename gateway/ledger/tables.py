"""The ledger's tables. Instants are microseconds UTC; enumerations are stored by their value.

A change here needs a migration in gateway/ledger/migrations; a test compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cursor = Table(
    "cursor",
    metadata,
    Column("follower", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# Which of several gateways on this database is the active one (lease.py): one row. `renewed_at` is
# by the database's clock; `epoch` counts the take-overs.
lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("run", String(64), nullable=False),
    Column("journal", String(64), nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
)

# What the active of several gateways has dealt with last, of each point that rules look at: another
# one may be sent it again (gateway/alarms/dealt_with.py).
dealt_with = Table(
    "dealt_with",
    metadata,
    Column("point", String(200), primary_key=True),
    Column("names", JSON, nullable=False),
)

# The states of doors, barriers and zones (gateway/access/service.py).
access_state = Table(
    "access_state",
    metadata,
    Column("machine", String(64), primary_key=True),
    Column("state", JSON, nullable=False),
)

# What each point that tells of a bypass has told (gateway/model/bypass.py).
bypass = Table(
    "bypass",
    metadata,
    Column("point", String(200), primary_key=True),
    Column("state", String(64)),
    Column("since", BigInteger),
    Column("unknown_since", BigInteger),
)

# Everything that was asked of a device, also what was refused. `result` is null while it is under
# way; `parameters` and `detail` are JSON.
command = Table(
    "command",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("device", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("who", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("place", String(64), nullable=False),
    Column("second", String(64)),
    Column("reason", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("result", String(16)),
    Column("code", String(64)),
    Column("detail", JSON),
    Index("ix_command_asked_at", "asked_at"),
    Index("ix_command_device", "device", "asked_at"),
)

# Number plates that may pass, or must not (gateway/access/passes.py). Never altered: ended.
vehicle_pass = Table(
    "vehicle_pass",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plate", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("holder", String(100), nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger),
    Column("barriers", JSON, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String(64)),
    Index("ix_vehicle_pass_plate", "plate"),
)

# Everything that came and went at barriers (gateway/access/vehicles.py). `message` tells what a
# line was said of from all else; null where a person wrote it.
gate_record = Table(
    "gate_record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", BigInteger, unique=True),
    Column("barrier", String(64), nullable=False),
    Column("what", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("plate", String(16)),
    Column("direction", String(4), nullable=False, server_default=""),
    Column("holder", String(100), nullable=False, server_default=""),
    Column("pass_id", Integer),
    Column("who", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_gate_record_at", "at"),
    Index("ix_gate_record_plate", "plate", "at"),
)

# Where each vehicle that has a plate went last, and when.
vehicle = Table(
    "vehicle",
    metadata,
    Column("plate", String(16), primary_key=True),
    Column("direction", String(4), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("barrier", String(64), nullable=False),
    Column("holder", String(100), nullable=False),
)

# Who went through where (gateway/access/event_log.py). `id` is made of point, instant and value;
# `who` is what to look for: holder, credential, plate.
access_event = Table(
    "access_event",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device", String(64), nullable=False),
    Column("point", String(200), nullable=False),
    Column("who", String(200), nullable=False),
    Column("value", JSON, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("ix_access_event_received_at", "received_at", "seq"),
    Index("ix_access_event_device", "device", "received_at"),
)

# The alarm service's memory of every condition that is not plain NORMAL.
condition = Table(
    "condition",
    metadata,
    Column("rule", String(200), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("deadline", BigInteger),
    Column("holding", JSON, nullable=False),
    Column("evidence", JSON),
    Column("quality", String(8), nullable=False, server_default="good"),
    Column("counted", JSON, nullable=False, server_default="{}"),
    Column("doubted", JSON, nullable=False, server_default="[]"),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rule", String(200), nullable=False),
    Column("device", String(100), nullable=False),
    Column("title", JSON, nullable=False),
    Column("place", JSON, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("attention", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("returned_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("evidence", JSON),
    Column("ticket", Integer, ForeignKey("ticket.number")),
    Column("alarm_class", String(16), nullable=False, server_default="process"),
    Column("quality", String(8), nullable=False, server_default="good"),
    Column("suppressed", JSON, nullable=False, server_default="[]"),
    Column("announced", Boolean, nullable=False, server_default=true()),
    Column("first_out", Boolean, nullable=False, server_default=false()),
    Index("ix_alarm_ticket", "ticket"),
)
_open = text("ended_at IS NULL")
Index("ux_alarm_open", alarm.c.rule, unique=True, sqlite_where=_open, postgresql_where=_open)

# Append-only: every move of an alarm; `active` as it is after it, `announced`: the operator was
# told with it. `id` counts them in the order of their commits, for all who follow: transactions
# are serial (Ledger), so none becomes visible after one with a higher id.
alarm_change = Table(
    "alarm_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, ForeignKey("alarm.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurrence", Integer, nullable=False, server_default="0"),
    Column("at", BigInteger, nullable=False),
    Column("move", String(16), nullable=False),
    Column("before", String(16)),
    Column("after", String(16), nullable=False),
    Column("active", Boolean, nullable=False, server_default=false()),
    Column("announced", Boolean, nullable=False, server_default=true()),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("alarm", "sequence"),
    Index("ix_alarm_change_at", "at"),
)

# Why alarms of a rule are kept from the operator. Never deleted: it ends.
suppression = Table(
    "suppression",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("parent", String(200)),
    Column("work_order", String(64)),
    Column("approved_by", String(64)),
    Column("ended_at", BigInteger),
    Column("ended_by", String(64)),
    Index("ix_suppression_ended_at", "ended_at"),
)

# What is to happen at an instant: see timers.py.
timer = Table(
    "timer",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Index("ix_timer_due_at", "due_at"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(200), nullable=False),
    Column("device", String(100), nullable=False),
    Column("title", JSON, nullable=False),
    Column("place", JSON, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("job", String(16), nullable=False, server_default="repair"),
    Column("source", String(16), nullable=False, server_default="alarm"),
    Column("call", JSON),
    Column("assignee", String(64), nullable=False, server_default=""),
    Column("procedure", String(32)),
    Column("held_from", String(16)),
    Column("held_until", BigInteger),
    Column("merged_into", Integer),
    Column("code", String(32), nullable=False, server_default=""),
    Column("satisfied", Boolean),
    Column("callers", JSON, nullable=False, server_default="[]"),
    Column("external", String(100)),
    Index("ix_ticket_key", "key", "closed_at"),
)
_not_closed = text("closed_at IS NULL")
Index(
    "ux_ticket_open",
    ticket.c.key,
    unique=True,
    sqlite_where=_not_closed,
    postgresql_where=_not_closed,
)

# Append-only: every line of a ticket's history.
ticket_entry = Table(
    "ticket_entry",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("doing", JSON),
)

# What must be done in time on a ticket; started once more (`run`) when it is reopened.
ticket_clock = Table(
    "ticket_clock",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("run", SmallInteger, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("counting", String(64)),
    Column("left", BigInteger),
    Column("met_at", BigInteger),
    Column("dropped_at", BigInteger),
    Column("late_at", BigInteger),
)

# A chain of people told one after the other, frozen as it was when it began. `generation` counts
# the chains of a ticket: a timer of an older one does nothing. `told` counts who was told so far.
escalation = Table(
    "escalation",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("chain", JSON, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("told", Integer, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String(64)),
)

# What is to be told to people and systems outside: written with what it tells of, sent later.
notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("ticket", Integer, ForeignKey("ticket.number")),
    Column("audience", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("channel", String(64)),
    Column("sent_at", BigInteger),
    Column("failed", Text),
    Index("ix_notice_next_at", "next_at"),
)

# What is to be told to another system of a ticket's change, to each webhook in the tickets' order.
webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hook", String(64), nullable=False),
    Column("ticket", Integer, ForeignKey("ticket.number"), nullable=False),
    Column("message", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("failed", Text),
    Index("ix_webhook_event_hook_next_at", "hook", "next_at"),
    Index("ix_webhook_event_hook_ticket", "hook", "ticket"),
)

# What was answered to another system's message: one that comes again gets the same.
webhook_answer = Table(
    "webhook_answer",
    metadata,
    Column("hook", String(64), primary_key=True),
    Column("message", String(200), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

# The end of each shift. `sheet` is what it said when the leaving side signed.
handover = Table(
    "handover",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shift", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("begun_at", BigInteger, nullable=False, unique=True),
    Column("due_at", BigInteger, nullable=False),
    Column("sheet", JSON(none_as_null=True)),
    Column("left_by", String(64)),
    Column("left_at", BigInteger),
    Column("taken_by", String(64)),
    Column("taken_at", BigInteger),
    Column("late_at", BigInteger),
)

# Append-only: what a shift tells the next one.
handover_note = Table(
    "handover_note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handover", Integer, ForeignKey("handover.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_handover_note_handover", "handover"),
)

# Append-only: from `since` on a user belongs to that team; null: to none.
roster = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", String(64), ForeignKey("user_account.name"), nullable=False),
    Column("team", String(32)),
    Column("since", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Index("ix_roster_user", "user"),
)

# Keys and radios lent. At most one loan of each is not over.
key_loan = Table(
    "key_loan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("holder", String(100), nullable=False),
    Column("lent_by", String(64), nullable=False),
    Column("lent_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("returned_at", BigInteger),
    Column("taken_back_by", String(64)),
)
_out = text("returned_at IS NULL")
Index("ux_key_loan_out", key_loan.c.key, unique=True, sqlite_where=_out, postgresql_where=_out)

user = Table(
    "user_account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200)),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Sessions, API tokens and one-time sign-in links: only SHA-256 digests of the secrets are kept.
# `role` is a token's own; null means the user's.
credential = Table(
    "credential",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("user", String(64), ForeignKey("user_account.name"), nullable=False),
    Column("role", String(16)),
    Column("label", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_credential_user", "user"),
)

# Append-only: every deed of a person. `hash` covers the line and the hash before it.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("role", String(16), nullable=False, server_default=""),
    Column("place", String(64), nullable=False, server_default=""),
    Column("before", Text, nullable=False, server_default=""),
    Column("after", Text, nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
)
