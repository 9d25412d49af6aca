"""`gatehouse audit …`: the record of who did what, read and checked."""
# ruff: noqa: PLC0415

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.security.audit_check import Fault
    from gateway.security.audit_trail import AuditEntry, Wanted
    from gateway.site.model import Site

FAULTY = 1
"""Exit status when the record is not as it was written."""

MANY = 100
"""Faults after which it looks no further."""

EMBEDDED = "ledger.db"

commands = typer.Typer(no_args_is_help=True, help="The record of who did what.")

SiteFile = Annotated[Path, typer.Argument(help="The site file.")]


@commands.command()
def verify(
    site: SiteFile,
    expect: Annotated[
        str | None,
        typer.Option(help="A hash kept elsewhere, as by a backup: its entry must be there."),
    ] = None,
) -> None:
    """Find entries that were altered, deleted, inserted or moved; exit status 1 if there are any.
    The gateway may run."""
    loaded = _load(site)
    count, newest, faults = asyncio.run(_verify(loaded, expect))
    for fault in faults:
        print(_told(loaded, fault))
    if faults:
        sys.exit(FAULTY)
    print(f"{count:,} entries, as they were written. Newest hash: {newest}")


@commands.command("list")
def list_entries(
    site: SiteFile,
    who: Annotated[str | None, typer.Option(help="Whose acts.")] = None,
    act: Annotated[str | None, typer.Option(help="Which act, such as 'role set'.")] = None,
    subject: Annotated[str | None, typer.Option(help="Done to what.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="ISO 8601 date or time; without offset the site's.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The first instant not in it.")] = None,
) -> None:
    """Print entries, oldest first, a line for each. The gateway may run."""
    from gateway.export import instant
    from gateway.security.audit_trail import Wanted

    loaded = _load(site)
    first, after = (None if text is None else instant(loaded, text) for text in (start, end))
    asyncio.run(_print(loaded, Wanted(who, act, subject, first, after)))


def _load(file: Path) -> "Site":
    from gateway.errors import Refused
    from gateway.site.load import load_site

    site = load_site(file, os.environ)
    embedded = site.data / EMBEDDED
    if site.ledger_url is None and not embedded.is_file():
        raise Refused(str(embedded), "is not there", "the gateway makes it at its first start")
    return site


def _url(site: "Site") -> str:
    from gateway.ledger.ledger import sqlite_url

    return site.ledger_url or sqlite_url(site.data / EMBEDDED)


async def _verify(site: "Site", expect: str | None) -> "tuple[int, str, list[Fault]]":
    from gateway.ledger.ledger import Ledger
    from gateway.security.audit_check import Check
    from gateway.security.audit_trail import AuditTrail, Wanted

    faults: list[Fault] = []
    async with Ledger(_url(site)) as ledger:
        trail = AuditTrail(ledger)
        elsewhere = [] if expect is None else [expect]
        elsewhere += await trail.on_sheets()  # first: one that is signed meanwhile has a newer one
        check = Check(await trail.seals(), elsewhere)
        async for entry in trail.oldest(Wanted()):
            faults += check.take(entry)
            if len(faults) >= MANY:
                break
    return check.count, check.newest, [*faults, *check.end()]


async def _print(site: "Site", wanted: "Wanted") -> None:
    from gateway.ledger.ledger import Ledger
    from gateway.security.audit_trail import AuditTrail

    async with Ledger(_url(site)) as ledger:
        async for entry in AuditTrail(ledger).oldest(wanted):
            print(_line(site, entry))


def _line(site: "Site", entry: "AuditEntry") -> str:
    who = f"{entry.who} ({entry.role})" if entry.role else entry.who
    changed = f"{entry.before!r} → {entry.after!r}" if entry.before or entry.after else ""
    parts = (_when(site, entry.at), who, entry.place, entry.act, entry.subject, changed)
    return "  ".join((f"{entry.id:>7}", *(part or "-" for part in parts), entry.reason))


def _told(site: "Site", fault: "Fault") -> str:
    if not fault.entry:
        return fault.kind.value
    return f"entry {fault.entry}, {_when(site, fault.at)}: {fault.kind.value}"


def _when(site: "Site", at: int) -> str:
    from gateway.model.clock import to_datetime

    return to_datetime(at).astimezone(site.time_zone).isoformat(timespec="seconds")
