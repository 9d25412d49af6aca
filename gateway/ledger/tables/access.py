"""Doors, barriers and zones: their states, commands, passes, and who came and went."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from gateway.ledger.tables.naming import metadata

# The states of doors, barriers and zones (gateway/access/service.py).
access_state = Table(
    "access_state",
    metadata,
    Column("machine", Text, primary_key=True),
    Column("state", JSON, nullable=False),
)

# Of their states, who is known to be where (gateway/access/states.py). `who` is a digest.
access_person = Table(
    "access_person",
    metadata,
    Column("machine", String(64), primary_key=True),
    Column("who", String(24), primary_key=True),
    Column("known", JSON, nullable=False),
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
