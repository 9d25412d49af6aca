"""How a history lies in its DuckDB file, and how older files are brought up to date."""

import duckdb

from gateway.errors import Unreachable

VERSION = 2

_COLUMNS = """
    point INTEGER, taken_at BIGINT, number DOUBLE, state VARCHAR, event VARCHAR, quality quality
"""

_TABLES = f"""
CREATE TABLE arrived ({_COLUMNS});
CREATE TABLE settled ({_COLUMNS});
CREATE TABLE schema_version (number INTEGER);
INSERT INTO schema_version VALUES ({VERSION});
CREATE VIEW readings AS
    SELECT points.name AS point, make_timestamp(taken_at) AS taken_at_utc,
        number, state, event, quality
    FROM (FROM arrived UNION ALL FROM settled) AS every JOIN points ON points.id = every.point;
"""
# Readings arrive in order of time and lie so in `arrived`; upkeep moves them to `settled` by the
# million, there in order of point and time. DuckDB's own minimum and maximum of each row group then
# find a span of time in the one, a point's year in the other. No keys and no indexes: they would
# cost more than the scan they save. The view is for people who open the file themselves.

SCHEMA = f"""
CREATE TYPE quality AS ENUM ('good', 'stale', 'bad', 'offline');
CREATE TABLE points (id INTEGER, name VARCHAR, settled_to BIGINT);
CREATE TABLE cursor (seq BIGINT);
INSERT INTO cursor VALUES (0);
{_TABLES}
"""
"""`points.settled_to`: the newest instant of that point that may be in `settled`."""

_FROM_1 = f"""
BEGIN;
ALTER TABLE readings RENAME TO readings_1;
ALTER TABLE points ADD COLUMN settled_to BIGINT;
{_TABLES}
INSERT INTO arrived
    SELECT point, taken_at, number, state, event, quality FROM readings_1
    QUALIFY row_number() OVER (PARTITION BY point, taken_at ORDER BY seq DESC) = 1
    ORDER BY taken_at;
DROP TABLE readings_1;
COMMIT;
"""
"""Version 1 kept readings of one instant side by side, and had no table for its version."""


def bring_up_to_date(db: duckdb.DuckDBPyConnection, path: str) -> None:
    """Unreachable for a file that only a newer Gatehouse can read."""
    found = db.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    tables = {name for (name,) in found}
    if "schema_version" not in tables and {"readings", "points", "cursor"} <= tables:
        db.execute(_FROM_1).fetchall()
    ((version,),) = db.execute("SELECT number FROM schema_version").fetchall()
    if version != VERSION:
        raise Unreachable(
            path,
            f"is a history of version {version}; this Gatehouse reads up to {VERSION}",
            "install the Gatehouse that wrote it, or move it aside",
        )
