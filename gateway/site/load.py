"""A site file → a checked Site, or every problem with it at once.

Text → nodes with places → variables filled in → templates spread out → pydantic → references
between the parts → Site. What is wrong at one stage does not hide what is wrong at the next: see
gateway.site.mend.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gateway.model.rule import Rule
from gateway.site import bundled
from gateway.site.command_names import known_commands
from gateway.site.connection_model import Connection
from gateway.site.connections import connections
from gateway.site.derived import derived
from gateway.site.devices import devices
from gateway.site.document import Node, read
from gateway.site.doors import check_doors
from gateway.site.draft import Draft
from gateway.site.edges import watched
from gateway.site.environment import substituted
from gateway.site.expand import expanded
from gateway.site.held import check_held
from gateway.site.kinds import check_kinds
from gateway.site.mappings import check_mappings
from gateway.site.mend import mended
from gateway.site.model import (
    AccessSettings,
    BackupPlan,
    Device,
    HistorySettings,
    InfluxTarget,
    JournalLimits,
    Procedure,
    Site,
)
from gateway.site.outside import check_outside, heartbeat, notices, webhooks
from gateway.site.plant import check_plant
from gateway.site.problems import BadSite, Problem
from gateway.site.registers import check_registers
from gateway.site.rules import rules
from gateway.site.schema import SiteFile
from gateway.site.stores import check_stores
from gateway.site.timing import check_timing
from gateway.site.validate import validated

UTC: Final = ZoneInfo("UTC")


def load_site(path: Path, environ: Mapping[str, str]) -> Site:
    """The site in that file, with `environ` for its `${NAME}`s.

    Raises BadSite with every problem found.
    """
    problems: list[Problem] = []
    root = _whole(substituted(read(path, problems), environ, problems), problems)
    file, wrong = validated(SiteFile, root, problems)
    entries, nodes = (file, root) if file is not None else mended(root, wrong)
    draft = Draft(entries, nodes, root, problems)
    check_kinds(draft)
    check_registers(draft)
    check_mappings(draft)
    if file is not None:
        check_stores(draft, file.site)
        check_timing(draft, file.site.desk)
    check_outside(draft)
    reached = connections(draft, path.parent, "" if file is None else file.site.id)
    found = derived(draft, devices(draft), UTC if file is None else file.site.time_zone)
    check_held(draft, found, None if file is None else file.site.desk)
    made = rules(draft, found)
    if file is not None:
        check_doors(draft, file.site.desk, found)
        check_plant(draft, file.site.desk, found)
    if problems or file is None:
        raise BadSite(str(path), problems)
    return _site(file, path, reached, tuple(found.values()), made)


def _whole(root: Node, problems: list[Problem]) -> Node:
    """The file with its templates spread out and beside its own what Gatehouse brings."""
    if not isinstance(root.value, dict):
        return root
    entries = dict(root.value)
    for section in ("devices", "rules"):
        if section in entries:
            entries[section] = expanded(entries[section], problems)
    for section, brought in (
        ("kinds", bundled.kinds()),
        ("registers", bundled.registers()),
    ):
        own = entries.get(section, Node({}, root.at))
        if isinstance(own.value, dict):
            entries[section] = replace(own, value=_beside(own.value, brought, problems))
    entries["registers"] = known_commands(entries["registers"], entries["kinds"], problems)
    own = entries.get("procedures", Node({}, root.at))
    if isinstance(own.value, dict):
        # An estate has its own telephone numbers, so its own step lists.
        entries["procedures"] = replace(own, value={**bundled.procedures(), **own.value})
    return replace(root, value=entries)


def _beside(
    own: dict[str, Node], brought: dict[str, Node], problems: list[Problem]
) -> dict[str, Node]:
    for name in own.keys() & brought.keys():
        what = f"'{name}' is one that Gatehouse brings"
        problems.append(Problem(own[name].key, what, "expected another name"))
    return {**own, **brought}


def _procedures(file: SiteFile) -> dict[str, Procedure]:
    return {
        name: Procedure(entry.name.text(), tuple(step.text() for step in entry.steps))
        for name, entry in file.procedures.items()
    }


def _site(
    file: SiteFile,
    path: Path,
    reached: tuple[Connection, ...],
    found: tuple[Device, ...],
    made: tuple[Rule, ...],
) -> Site:
    entry = file.site
    influx, backup = entry.influx, entry.backup
    return Site(
        id=entry.id,
        name=entry.name.text(),
        time_zone=entry.time_zone,
        listen=entry.listen,
        # Beside the site file, wherever the gateway is started from: a second start finds it again.
        data=path.parent / entry.data,
        ledger_url=entry.ledger,
        influx=None if influx is None else InfluxTarget(**dict(influx)),
        connections=reached,
        devices=watched(found, made),
        rules=made,
        journal=JournalLimits(**dict(entry.journal)),
        history=HistorySettings(**dict(entry.history)),
        backup=None
        if backup is None
        else BackupPlan(path.parent / backup.folder, backup.at, backup.keep, path),
        standby=None if entry.standby is None else entry.standby.name,
        desk=entry.desk.settings(),
        procedures=_procedures(file),
        notices=notices(file.notices),
        webhooks=webhooks(file.webhooks),
        heartbeat=heartbeat(entry.heartbeat),
        access=AccessSettings(
            frozenset(entry.access.second_factor), frozenset(entry.access.second_person)
        ),
    )
