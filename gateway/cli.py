"""The command line: `gatehouse …`.

Each command imports what it needs when it runs, so that `gatehouse version` answers at once.
"""
# ruff: noqa: PLC0415

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import GatehouseError

MISUSED = 2
"""Exit status when a person must change something first: the site file, an option, a port."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what a person must put right is told on stderr, without a traceback."""
    try:
        app(args=arguments)
    except GatehouseError as error:
        print(error, file=sys.stderr)
        sys.exit(MISUSED)


@app.callback()
def gatehouse() -> None:
    """Gatehouse: from pumps, doors and cameras to tickets on a duty desk."""


@app.command()
def check(
    site: Annotated[Path | None, typer.Argument(help="The site file.", show_default=False)] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of site files, for editors.")
    ] = False,
) -> None:
    """Check a site file: every problem as file:line:column, exit status 2 if there is any."""
    if schema:
        from gateway.site.schema import json_schema

        print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    elif site is None:
        raise typer.BadParameter("give a site file, or --schema")
    else:
        from gateway.site.load import load_site

        loaded = load_site(site, os.environ)
        counts = f"{len(loaded.devices)} devices, {len(loaded.points)} points"
        print(f"{site}: {counts}, {len(loaded.rules)} rules")


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    print(f"gatehouse {version('gatehouse')}")
