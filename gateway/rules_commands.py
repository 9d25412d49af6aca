"""`gatehouse rules …`."""
# ruff: noqa: PLC0415  # each command imports what it needs when it runs

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(no_args_is_help=True, help="A site file's rules.")


@commands.callback()
def rules() -> None:
    """A site file's rules."""


@commands.command("try")
def try_(
    site: Annotated[Path, typer.Argument(help="The site file whose rules are tried.")],
    start: Annotated[
        str, typer.Option("--from", help="ISO 8601 date or time; without offset the site's.")
    ],
    end: Annotated[
        str | None, typer.Option("--to", help="The first instant not in it.", show_default="now")
    ] = None,
    running: Annotated[
        Path | None,
        typer.Option(
            "--site", help="The running site's file, where its stores are.", show_default="SITE"
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(help="journal (also of a running gateway) or history.")
    ] = "journal",
    csv: Annotated[
        Path | None, typer.Option(help="Write each alarm there, too.", show_default=False)
    ] = None,
) -> None:
    """Show what these rules would have raised, beside what was raised. Writes to no store."""
    from rich.console import Console

    from gateway.errors import BadConfig
    from gateway.export import instant
    from gateway.model.clock import gateway_clock
    from gateway.site.load import load_site
    from gateway.trial.show import show, write_csv
    from gateway.trial.sources import Source
    from gateway.trial.trial import try_rules

    if source not in set(Source):
        raise BadConfig("--source", f"is {source}", f"take {' or '.join(Source)}")
    tried = load_site(site, os.environ)
    stores = tried if running is None else load_site(running, os.environ)
    first = instant(tried, start)
    last = gateway_clock()() if end is None else instant(tried, end)
    trial = asyncio.run(try_rules(tried, stores, first, last, Source(source)))
    if csv is not None:
        write_csv(trial, tried.time_zone, csv)
    show(trial, tried.time_zone, Console())
