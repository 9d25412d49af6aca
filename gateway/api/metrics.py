"""Figures for Prometheus."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.health import DriverHealth, Health, JournalHealth, ReceiverHealth
from gateway.model.alarm import Alarm
from gateway.model.line_figures import LineFigures, UnitState
from gateway.model.rule import Priority
from gateway.model.ticket import Ticket, TicketState
from gateway.security.roles import Right

router = APIRouter(tags=["health"])

COUNTED_AT_MOST = 100_000
"""Open alarms, or open tickets."""


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    dependencies=[Depends(may(Right.READ))],
    responses={
        200: {
            "description": "Prometheus text format.",
            "content": {"text/plain": {"example": "gatehouse_journal_seq 10428.0\n"}},
        },
        **documented(*ANY_SIGNED_IN),
    },
)
async def scrape(gateway: Gateway) -> Response:
    """Journal, connections, followers, dead letters, open alarms and tickets. Any token will do."""
    registry = CollectorRegistry()
    registry.register(
        _Scrape(
            gateway.health(),
            await gateway.desk.alarms(limit=COUNTED_AT_MOST),
            await gateway.desk.tickets(limit=COUNTED_AT_MOST),
        )
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Scrape(Collector):
    """What is known at one instant: nothing is counted beside the gateway's own records."""

    def __init__(self, health: Health, alarms: list[Alarm], tickets: list[Ticket]) -> None:
        self._health = health
        self._alarms = Counter(alarm.priority for alarm in alarms)
        self._tickets = Counter(ticket.state for ticket in tickets)

    def collect(self) -> Iterable[Metric]:
        health = self._health
        yield from _journal(health.journal)
        yield _gauge(
            "gatehouse_driver_up",
            "Whether the connection runs.",
            "connection",
            {driver.name: float(driver.fault is None) for driver in health.drivers},
        )
        yield _passed_over(health.drivers)
        yield _gauge(
            "gatehouse_follower_behind",
            "Readings the follower has not dealt with.",
            "follower",
            {follower.name: follower.behind for follower in health.followers},
        )
        yield from _lines(health.lines)
        yield from _receivers(health.receivers)
        yield _dead_letters(health.dead_letter_counts)
        yield from self._work()

    def _work(self) -> Iterable[Metric]:
        yield _gauge(
            "gatehouse_open_alarms",
            "Alarms not ended.",
            "priority",
            {priority.name.lower(): self._alarms[priority] for priority in Priority},
        )
        yield _gauge(
            "gatehouse_tickets",
            "Tickets not closed.",
            "state",
            {
                state.value: self._tickets[state]
                for state in TicketState
                if state is not TicketState.CLOSED
            },
        )


def _lines(lines: Iterable[LineFigures]) -> Iterable[Metric]:
    labels = ["connection", "unit"]
    duty = GaugeMetricFamily(
        "gatehouse_line_duty", "Share of the last minute the line was busy.", labels=labels[:1]
    )
    answering = GaugeMetricFamily(
        "gatehouse_unit_answering", "Whether the unit answered when asked last.", labels=labels
    )
    missed = CounterMetricFamily(
        "gatehouse_unit_missed_periods", "Polls of the unit that were left out.", labels=labels
    )
    errors = CounterMetricFamily(
        "gatehouse_unit_errors", "What requests came to.", labels=[*labels, "kind"]
    )
    for line in lines:
        duty.add_metric([line.line], line.duty)
        for unit in line.units:
            names = [line.line, str(unit.unit)]
            answering.add_metric(names, float(unit.state is UnitState.ANSWERING))
            missed.add_metric(names, unit.missed_periods)
            for kind, count in unit.errors.items():
                errors.add_metric([*names, kind], count)
    yield from (duty, answering, missed, errors)


def _passed_over(drivers: Iterable[DriverHealth]) -> Metric:
    passed = CounterMetricFamily(
        "gatehouse_messages_passed_over",
        "Messages that were understood and told nothing of any point.",
        labels=["connection"],
    )
    for driver in drivers:
        passed.add_metric([driver.name], driver.passed_over)
    return passed


def _dead_letters(counts: Mapping[str, int]) -> Metric:
    letters = CounterMetricFamily(
        "gatehouse_dead_letters", "Messages nobody could read.", labels=["reason"]
    )
    for reason, count in counts.items():
        letters.add_metric([reason], count)
    return letters


def _receivers(receivers: Iterable[ReceiverHealth]) -> Iterable[Metric]:
    receivers = tuple(receivers)
    yield _gauge(
        "gatehouse_receiver_up",
        "Whether the newest attempt to tell the receiver outside succeeded.",
        "receiver",
        {each.name: float(each.fault is None) for each in receivers},
    )
    yield _gauge(
        "gatehouse_receiver_waiting",
        "What is still to be sent to the receiver.",
        "receiver",
        {each.name: each.waiting for each in receivers},
    )


def _journal(journal: JournalHealth) -> Iterable[Metric]:
    for name, help_, value in (
        ("seq", "Place of the newest durable reading.", journal.seq),
        ("rows", "Readings in the journal.", journal.rows),
        ("bytes", "Bytes of the journal's file in use.", journal.bytes_used),
        (
            "unshipped_age_seconds",
            "Age of the oldest reading that not every follower has read.",
            math.nan if journal.unshipped_age_s is None else journal.unshipped_age_s,
        ),
        ("commit_seconds_max", "The longest commit since the start.", journal.commits.longest_s),
    ):
        yield GaugeMetricFamily(f"gatehouse_journal_{name}", help_, value)
    yield SummaryMetricFamily(
        "gatehouse_journal_commit_seconds",
        "Time of the journal's commits.",
        count_value=journal.commits.count,
        sum_value=journal.commits.total_s,
    )


def _gauge(name: str, help_: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family
