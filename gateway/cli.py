"""The command line: `gatehouse …`.

Each command imports what it needs when it runs, so that `gatehouse version` answers at once.
"""
# ruff: noqa: PLC0415

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway import audit_commands, modbus_commands, rules_commands
from gateway.errors import BadConfig, GatehouseError, Unreachable

MISUSED = 2
"""Exit status when a person must change something first: the site file, an option, a port."""

FAILED = 1
"""Exit status when what was asked for did not come about."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(audit_commands.commands, name="audit")
app.add_typer(modbus_commands.commands, name="modbus")
app.add_typer(rules_commands.commands, name="rules")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what a person must put right is told on stderr, without a traceback."""
    try:
        app(args=arguments)
    except* GatehouseError as errors:
        told = list(_leaves(errors))
        for error in told:
            print(error, file=sys.stderr)
        # What is only unreachable may be there at the next try: whoever started us may try again.
        again = all(isinstance(error, Unreachable) for error in told)
        sys.exit(FAILED if again else MISUSED)


@app.callback()
def gatehouse() -> None:
    """Gatehouse: from pumps, doors and cameras to tickets on a duty desk."""


@app.command()
def check(
    site: Annotated[Path | None, typer.Argument(help="The site file.", show_default=False)] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of site files, for editors.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what each Modbus unit will be asked for.")
    ] = False,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of notes and plan.")] = "en",
) -> None:
    """Check a site file: every problem as file:line:column, exit status 2 if there is any."""
    if schema:
        from gateway.site.schema import json_schema

        print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    elif site is None:
        raise typer.BadParameter("give a site file, or --schema")
    else:
        from gateway.driver_wiring import check_parts, request_plan
        from gateway.model.text import Language, Text
        from gateway.site.load import load_site

        loaded = load_site(site, os.environ)
        known = check_parts(loaded)
        parts = {"device": loaded.devices, "point": loaded.points, "rule": loaded.rules}
        print(f"{site}: {', '.join(_counted(len(all_), what) for what, all_ in parts.items())}")
        spoken = Language(language)
        for note in known:
            print(f"{Text('note', '提示').in_(spoken)}: {note.in_(spoken)}")
        if plan:
            print(request_plan(loaded, spoken))


@app.command()
def run(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    sign_in_link: Annotated[
        bool,
        typer.Option(
            "--sign-in-link", help="Print a link that signs in once as admin, and make that user."
        ),
    ] = False,
) -> None:
    """Run the gateway until Ctrl-C. The first start prints a sign-in link by itself."""
    from gateway.app import run_site
    from gateway.first_sign_in import tell_address
    from gateway.site.load import load_site

    loaded = load_site(site, os.environ)
    _make_writable(loaded.data, "site.data")
    _log_to_stderr()
    asyncio.run(run_site(loaded, partial(tell_address, always=sign_in_link)))


@app.command()
def discover(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    connection: Annotated[str, typer.Argument(help="One of its MQTT connections.")],
    listen: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds to listen.")] = 3.0,
) -> None:
    """Print what devices say of themselves (Home Assistant discovery) as entries of a site file, to
    be reviewed. Changes nothing."""
    from gateway.driver_wiring import discover as proposed
    from gateway.site.load import load_site

    print(proposed(load_site(site, os.environ), connection, listen), end="")


@app.command()
def backup(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    to: Annotated[
        Path | None,
        typer.Option(help="Folder of the backups; without it site.backup's.", show_default=False),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="The embedded history too: stop the gateway before.")
    ] = False,
) -> None:
    """Back the gateway up while it runs. Prints the backup's folder."""
    from gateway.backup.make import make_backup
    from gateway.backup.progress import ProgressLines
    from gateway.model.clock import gateway_clock
    from gateway.site.load import load_site

    loaded = load_site(site, os.environ)
    folder = to or (loaded.backup.folder if loaded.backup else None)
    if folder is None:
        raise BadConfig(str(site), "names no folder for backups", "give --to, or site.backup there")
    progress = ProgressLines(sys.stderr)
    try:
        now = gateway_clock()()
        print(make_backup(loaded, site, folder, now, progress, with_history=history))
    finally:
        progress.end()


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="The folder of one backup.")],
    folder: Annotated[Path, typer.Argument(help="Where to: a new or empty folder.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the stores, where it is not in FOLDER.", show_default=False),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            help="URL of an empty PostgreSQL database. Its password: PGPASSWORD.",
            envvar="GATEHOUSE_LEDGER",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a backup and restore it. Says what is left to do."""
    from gateway.backup.progress import ProgressLines
    from gateway.backup.restore import restore_backup
    from gateway.model.clock import gateway_clock

    progress = ProgressLines(sys.stderr)
    try:
        now = gateway_clock()()
        done = restore_backup(backup, folder, now, progress, data=data, ledger_url=ledger)
    finally:
        progress.end()
    print(f"Restored: {done.site_file}, stores in {done.data}")
    for step in done.still_to_do:
        print(f"- {step}")


@app.command()
def export(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    out: Annotated[Path, typer.Argument(help="The file to write: .csv or .parquet.")],
    points: Annotated[
        list[str] | None,
        typer.Option(help="Points by id or pattern, such as 'tank/*'; may be given again."),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", help="ISO 8601 date or time; without offset the site's.")
    ] = "1970-01-02",
    end: Annotated[
        str | None, typer.Option("--to", help="The first instant not in it.", show_default="now")
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option(help="Address of the running gateway; GATEHOUSE_TOKEN holds an API token."),
    ] = None,
) -> None:
    """Write stored readings to a CSV or Parquet file."""
    from gateway.export import Wanted, export
    from gateway.site.load import load_site

    loaded = load_site(site, os.environ)
    wanted = Wanted(tuple(points or ["*"]), start, end)
    count = export(loaded, out, wanted, gateway, os.environ)
    print(f"{out}: {count:,} readings")


@app.command()
def simulate(
    estate: Annotated[Path, typer.Argument(help="The simulation file.")],
) -> None:
    """Run simulated devices until Ctrl-C. Prints as JSON what will happen, and when."""
    from simulators.scenario import run_simulation
    from simulators.simulation_file import load_simulation

    file = load_simulation(estate, os.environ)
    _log_to_stderr()
    asyncio.run(run_simulation(file))


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="Where the pages are, on 127.0.0.1.")] = 8080,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="End when the three tickets are there; print how long each took."
        ),
    ] = False,
) -> None:
    """Run a simulated estate with broker, gateway and pages."""
    from gateway.demo import check_demo, run_demo

    _log_to_stderr()
    folder = data.absolute()
    _make_writable(folder, "--data")
    if not check:
        asyncio.run(run_demo(folder, port))
    elif not asyncio.run(check_demo(folder, port)):
        sys.exit(FAILED)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    print(f"gatehouse {version('gatehouse')}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _make_writable(folder: Path, setting: str) -> None:
    from tempfile import TemporaryFile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        remedy = f"choose another folder with {setting}, or mend this one"
        raise BadConfig(str(folder), f"cannot be written to ({error.strerror})", remedy) from error


def _leaves(errors: BaseExceptionGroup[GatehouseError]) -> Iterator[GatehouseError]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _log_to_stderr() -> None:
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, stream=sys.stderr)
    for ours in ("gateway", "drivers", "simulators", "dashboards"):
        logging.getLogger(ours).setLevel(logging.INFO)


if __name__ == "__main__":
    main()
