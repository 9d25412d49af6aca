"""A PostgreSQL ledger out of its database, and into an empty one, by PostgreSQL's own programs."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.backup.progress import Progress
from gateway.errors import BadConfig, GatehouseError, Malformed, Refused, Unreachable

LOOK_SECONDS: Final = 0.2
PACKAGE: Final = "install PostgreSQL's client programs, of the server's version or newer"

_TABLES: Final = """
SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
"""


def dump(url: str, target: Path, progress: Progress) -> None:
    """The whole database as it is now, in pg_dump's custom format, read back once. BadConfig when
    pg_dump is missing or too old, Unreachable when the database does not answer."""
    database = _database(url)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    progress.begin("ledger by pg_dump", 0)
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run(["pg_dump", *options, *_reached(database)], database, progress)
    check(target, progress)


def check(path: Path, progress: Progress) -> None:
    """Malformed unless pg_restore can read all of the dump."""
    progress.begin(f"checking {path.name}", path.stat().st_size)
    try:
        _run(["pg_restore", "--file=/dev/null", str(path)], None, progress)
    except Refused as error:
        raise Malformed(str(path), f"is damaged: {error.problem}", "use another backup") from error


def check_empty(url: str) -> None:
    """Refused unless the database is there and holds nothing yet."""
    database = _database(url)
    try:
        engine = sa.create_engine(database.set(drivername="postgresql+psycopg"))
    except ModuleNotFoundError as error:
        remedy = "install it: pip install 'gatehouse[postgresql]'"
        raise BadConfig(_shown(database), f"needs the package {error.name}", remedy) from error
    try:
        with engine.connect() as connection:
            found = connection.execute(sa.text(_TABLES)).scalar_one()
    except DBAPIError as error:
        raise Unreachable(_shown(database), f"{error.orig}".strip(), "see --ledger") from error
    finally:
        engine.dispose()
    if found:
        remedy = "create a new database and name that one"
        raise Refused(_shown(database), "is not empty", remedy)


def load(path: Path, url: str, progress: Progress) -> None:
    """The dump into that empty database: all of it, or nothing."""
    database = _database(url)
    progress.begin("ledger by pg_restore", path.stat().st_size)
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run(["pg_restore", *options, *_reached(database), str(path)], database, progress)


def _database(url: str) -> sa.URL:
    try:
        database = sa.make_url(url)
    except ArgumentError as error:
        raise BadConfig("ledger", "is no URL", "write postgresql://user@host/database") from error
    if database.get_backend_name() != "postgresql":
        raise BadConfig(_shown(database), "is no PostgreSQL database", "see site.ledger")
    return database


def _reached(database: sa.URL) -> Sequence[str]:
    """Where the database is, for a command line that everybody on the machine can read."""
    plain = database._replace(drivername="postgresql", password=None)
    return ["--no-password", f"--dbname={plain.render_as_string()}"]


def _run(command: Sequence[str], database: sa.URL | None, progress: Progress) -> None:
    """Runs it to its end, or to ours. Its complaint becomes one of our errors."""
    with tempfile.TemporaryFile() as complaint:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaint,
                env=_environment(database),
            )
        except FileNotFoundError as error:
            raise BadConfig(command[0], "is not installed", PACKAGE) from error
        with process:
            try:
                _wait(process, progress)
            except BaseException:
                process.terminate()
                raise
        complaint.seek(0)
        told = complaint.read().decode(errors="replace")
    if process.returncode != 0:
        raise _failed(command[0], database, told.strip())


def _wait(process: "subprocess.Popen[bytes]", progress: Progress) -> None:
    while True:
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            progress.heard(0)
        else:
            return


def _environment(database: sa.URL | None) -> Mapping[str, str]:
    environment = {**os.environ, "LC_ALL": "C"}
    if database is not None and database.password is not None:
        environment["PGPASSWORD"] = str(database.password)
    return environment


def _failed(program: str, database: sa.URL | None, told: str) -> GatehouseError:
    subject = program if database is None else _shown(database)
    lines = [line.strip() for line in told.splitlines() if line.strip()] or ["ended with an error"]
    if "server version mismatch" in told:
        versions = next((line for line in lines if "server version:" in line), lines[-1])
        return BadConfig(program, f"is older than the server ({versions})", PACKAGE)
    said = lines[0].removeprefix(f"{program}: error: ")
    if "connection to server" in told or "could not translate host name" in told:
        return Unreachable(subject, said, "check site.ledger, and that the database is up")
    return Refused(subject, said, "see the database's log")


def _shown(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)
