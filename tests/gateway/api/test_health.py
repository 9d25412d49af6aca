"""Health, pulse and metrics."""

from prometheus_client.parser import text_string_to_metric_families

from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired, healthy
from tests.gateway.samples import reading


async def test_the_pulse_needs_no_sign_in_and_tells_no_details(wired: Wired) -> None:
    async with wired.client() as client:
        assert (await client.get("/healthz")).json() == {"status": "ok", "role": "active"}
        wired.health = healthy(faults=["plant-room: connection refused"])
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "degraded", "role": "active"},
        )


async def test_the_engineer_sees_connections_followers_and_dead_letters(wired: Wired) -> None:
    async with await wired.program(Role.ENGINEER) as client:
        health = (await client.get("/api/v1/health")).json()
        assert health["journal"]["seq"] == 7
        assert health["drivers"][1]["fault"] == "127.0.0.1:502: connection refused"
        assert health["followers"][1] == {"name": "history", "behind": 12, "fault": None}
        assert health["dead_letter_counts"] == {"not-json": 2}
        assert health["dead_letters"][0]["head"] == "{contact: op"
        (line,) = health["lines"]
        assert (line["line"], line["duty"]) == ("plant-room", 0.25)
        assert [unit["state"] for unit in line["units"]] == ["answering", "silent"]
        assert line["units"][1]["errors"] == {"no-answer": 4}


async def test_prometheus_reads_the_figures(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    async with await wired.program(Role.TESTER) as client:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
    figures = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert figures["gatehouse_journal_seq",] == 7
    assert figures["gatehouse_journal_unshipped_age_seconds",] == 2
    assert figures["gatehouse_journal_commit_seconds_count",] == 3
    assert figures["gatehouse_driver_up", "broker"] == 1
    assert figures["gatehouse_driver_up", "plant-room"] == 0
    assert figures["gatehouse_follower_behind", "history"] == 12
    assert figures["gatehouse_messages_passed_over_total", "broker"] == 5
    assert figures["gatehouse_dead_letters_total", "not-json"] == 2
    assert figures["gatehouse_line_duty", "plant-room"] == 0.25
    assert figures["gatehouse_unit_answering", "plant-room", "1"] == 1
    assert figures["gatehouse_unit_answering", "plant-room", "2"] == 0
    assert figures["gatehouse_unit_errors_total", "plant-room", "no-answer", "2"] == 4
    assert figures["gatehouse_unit_missed_periods_total", "plant-room", "2"] == 0
    assert figures["gatehouse_open_alarms", "high"] == 1
    assert figures["gatehouse_open_alarms", "critical"] == 0
    assert figures["gatehouse_tickets", "new"] == 1
    assert ("gatehouse_tickets", "closed") not in figures
