"""The dashboards."""

from dataclasses import replace

from dashboards.grafana import alarm_panels as alarms
from dashboards.grafana import gateway_panels as gateway
from dashboards.grafana.kind_panels import now_of, row_of
from dashboards.grafana.panels import Board, Row
from dashboards.grafana.schema import ALARM, GATEWAY, kinds
from gateway.model.text import Text


def boards() -> tuple[Board, ...]:
    """All of them. Every bundled kind stands on one of those that are made from kinds."""
    return (
        _overview(),
        _of_kinds(
            "water", Text("Water", "给排水"), "tank", "pump", "pump-group", "sump", "water-meter"
        ),
        _of_kinds(
            "power",
            Text("Power and technical rooms", "供配电与设备间"),
            "energy-meter",
            "generator",
            "transfer-switch",
            "ups",
            "lighting",
            "room",
        ),
        _of_kinds("doors", Text("Doors and barriers", "门与道闸"), "door", "barrier", "passback"),
        _of_kinds(
            "cameras",
            Text("Cameras and perimeter", "摄像机与周界"),
            "camera",
            "zone",
            "line",
            "output",
        ),
        _of_kinds("fire", Text("Fire", "消防"), "panel", "fire"),
        _alarms(),
        _gateway(),
    )


def _overview() -> Board:
    return Board(
        "overview",
        Text("Estate overview", "小区总览"),
        (
            Row(
                Text("Now", "当前"),
                (
                    alarms.STANDING_COUNT,
                    gateway.OPEN_ALARMS,
                    gateway.OPEN_TICKETS,
                    gateway.OFFLINE,
                    gateway.DOWN,
                    alarms.PEAK_RATE,
                ),
            ),
            Row(
                Text("Alarms", "报警"),
                (alarms.RATE, alarms.PRIORITY_MIX, replace(alarms.STANDING, width=24)),
            ),
            Row(Text("Devices", "设备"), tuple(now_of(kind, width=8) for kind in kinds().values())),
        ),
    )


def _of_kinds(id_: str, title: Text, *names: str) -> Board:
    chosen = [kinds()[name] for name in names]
    now = Row(Text("Now", "当前"), tuple(now_of(kind) for kind in chosen))
    return Board(id_, title, (now, *map(row_of, chosen)), measurements=names)


def _alarms() -> Board:
    return Board(
        "alarms",
        Text("Alarms", "报警"),
        (
            Row(
                Text("Figures", "指标"),
                (
                    alarms.MEAN_RATE,
                    alarms.PEAK_RATE,
                    alarms.FLOOD_SHARE,
                    alarms.STANDING_COUNT,
                    alarms.TOP_SHARE,
                ),
            ),
            Row(Text("Load", "负荷"), (alarms.RATE, alarms.PRIORITY_MIX)),
            Row(
                Text("Worst rules", "重点规则"),
                (alarms.TOP_RULES, alarms.CHATTERING, alarms.STANDING),
            ),
            Row(Text("Record", "记录"), (alarms.LOG,)),
        ),
        measurements=(ALARM,),
        span="7d",
    )


def _gateway() -> Board:
    return Board(
        "gateway",
        Text("Gateway health", "网关状态"),
        (
            Row(
                Text("Now", "当前"),
                (
                    gateway.UP,
                    gateway.DOWN,
                    gateway.OFFLINE,
                    gateway.OPEN_ALARMS,
                    gateway.OPEN_TICKETS,
                    gateway.DEAD_LETTERS,
                ),
            ),
            Row(
                Text("Over time", "趋势"),
                (
                    gateway.BEHIND,
                    gateway.WAITING,
                    gateway.COMMITS,
                    gateway.JOURNAL_ROWS,
                    gateway.JOURNAL_SIZE,
                    gateway.MEMORY,
                    gateway.WORK,
                    gateway.FIELD,
                    gateway.STORES,
                    gateway.STORES_CHANGES,
                ),
            ),
        ),
        measurements=(GATEWAY,),
        of_site=True,
    )
