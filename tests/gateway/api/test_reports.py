"""Reports by the API: HTML, PDF, JSON, CSV."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace

import pytest

from gateway.model.clock import MINUTE, to_datetime
from gateway.model.text import Text
from gateway.security.roles import Role
from tests.blocking import excused
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import NOON, reading

EVIL = Text("<script>alert(1)</script>", "=1+1<b>")


async def test_a_week_as_a_page_a_pdf_and_for_programs(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    wired.clock.now = NOON + MINUTE
    async with await wired.program(Role.OPERATOR) as client:
        page = await client.get("/api/v1/reports/week")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for told in ("周报", "测试", "tank处", "2023-11-13 00:00", "本期尚未结束"):
            assert told in page.text
        english = await client.get("/api/v1/reports/shift", params={"lang": "en"})
        assert "Shift report: Night shift, Team" in english.text
        found = (await client.get("/api/v1/reports/month", params={"format": "json"})).json()
        assert (found["opened"], found["alarms"]["announced"]) == (1, 1)
        assert found["open"][0]["ticket"]["number"] == 1
        assert found["period"]["start"] == "2023-10-31T16:00:00Z"


async def test_a_pdf_shows_chinese_wherever_it_is_opened(wired: Wired) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    await wired.hear(reading("tank/level", 0.5))
    wired.clock.now = NOON + MINUTE
    async with await wired.program(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/reports/week", params={"format": "pdf"})
        assert answer.headers["content-type"] == "application/pdf"
        assert "test-week-20231113-0000.pdf" in answer.headers["content-disposition"]
    shown = _run("pdftotext", "-layout", "-", "-", given=answer.content)
    assert "周报" in shown
    assert "tank处" in shown
    fonts = _run("pdffonts", "-", given=answer.content).splitlines()[2:]
    assert [line.split()[-5:-2] for line in fonts] == [["yes", "yes", "yes"]]  # embedded, a subset
    assert len(answer.content) < 200_000


def _run(*command: str, given: bytes) -> str:
    with excused():
        done = subprocess.run(command, input=given, capture_output=True, check=True)
    return done.stdout.decode()


async def test_what_has_not_begun_has_no_report(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        later = {"at": "2030-01-01T00:00:00Z"}
        answer = await client.get("/api/v1/reports/week", params=later)
        assert answer.status_code == 422
        assert "has not begun yet" in answer.text
        assert (await client.get("/api/v1/reports/year")).status_code == 422


async def test_names_from_the_site_file_are_text_in_the_page(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    wired.clock.now = NOON + MINUTE
    evil = replace(wired.services.site, name=EVIL)
    wired.app.state.services = replace(wired.services, site=evil)
    async with await wired.program(Role.OPERATOR) as client:
        page = await client.get("/api/v1/reports/week", params={"lang": "en"})
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


async def test_tickets_and_alarms_as_tables_for_spreadsheets(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    wired.clock.now = NOON + MINUTE
    window = {"from": to_datetime(NOON).isoformat(), "to": to_datetime(NOON + 1).isoformat()}
    async with await wired.program(Role.OPERATOR) as client:
        noted = {"act": "note", "version": 1, "text": "=HYPERLINK(1)"}
        await client.post("/api/v1/tickets/1/acts", json=noted)
        seen = {"sequence": 1, "occurrence": 1, "text": "=1+1"}
        done = await client.post("/api/v1/alarms/1/acknowledge", json=seen)
        assert done.status_code == 200, done.text
        tickets = await client.get("/api/v1/reports/tickets.csv", params=window)
        assert tickets.content.startswith("\ufeff".encode())
        assert "test-tickets-" in tickets.headers["content-disposition"]
        (ticket,) = csv.DictReader(io.StringIO(tickets.content.decode("utf-8-sig")))
        assert (ticket["number"], ticket["place_zh"]) == ("1", "tank处")
        assert ticket["opened_at"] == "2023-11-15T06:13:20+08:00"
        window["to"] = to_datetime(NOON + 2 * MINUTE).isoformat()
        alarms = await client.get("/api/v1/reports/alarms.csv", params=window)
        moves = list(csv.DictReader(io.StringIO(alarms.content.decode("utf-8-sig"))))
        assert [move["move"] for move in moves] == ["raise", "acknowledge"]
        assert moves[1]["reason"] == "'=1+1"  # nothing a spreadsheet computes
        window["to"] = window["from"]
        never = await client.get("/api/v1/reports/alarms.csv", params=window)
        assert never.status_code == 422
