"""What a shift leaves bypassed stands in its report, over a real ledger."""

from pathlib import Path

import msgspec
import sqlalchemy as sa

from gateway.desk.handover import HandoverBook, newest
from gateway.desk.notices import Outbox
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access, desk
from gateway.ledger.upsert import upsert
from gateway.model.bypass import BYPASSED, Bypass
from gateway.model.clock import DAY, HOUR, MINUTE, Micros
from gateway.model.text import Language
from gateway.reports.html import to_html
from gateway.reports.period import Span
from gateway.reports.report import Report
from gateway.reports.reports import Reports
from gateway.reports.sheet import sheet
from gateway.site.model import Site
from tests.gateway.alarms.test_bypasses import BYPASS, unwatched, with_bypass
from tests.gateway.samples import NOON


async def tell(ledger: Ledger, state: str, at: Micros, unknown_since: Micros | None = None) -> None:
    row = msgspec.to_builtins(Bypass(BYPASS, state, at, unknown_since))
    await ledger.transact(lambda connection: upsert(connection, access.bypass, [row]))


async def of_shift(ledger: Ledger, here: Site, now: Micros) -> Report:
    """The shift at NOON, as it is reported at `now`."""
    return await Reports(ledger, lambda: now, here).of(Span.SHIFT, NOON)


def page(found: Report, here: Site, language: Language) -> str:
    return to_html(sheet(found, here.name, here.time_zone, language))


async def test_a_bypassed_zone_stands_in_the_report_of_the_shift_that_runs(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = with_bypass(tmp_path)
    await tell(ledger, BYPASSED, NOON)
    found = await of_shift(ledger, here, NOON + MINUTE)
    assert found.bypassed == (unwatched(BYPASSED, 0, None),)
    for language, word in ((Language.EN, "Bypassed"), (Language.ZH, "旁路")):
        assert f"<td>{word}</td>" in page(found, here, language)
    await tell(ledger, "active", NOON, unknown_since=NOON + MINUTE)
    found = await of_shift(ledger, here, NOON + HOUR // 4)
    assert "<td>Not known</td>" in page(found, here, Language.EN)
    await tell(ledger, "active", NOON + HOUR // 4)
    assert (await of_shift(ledger, here, NOON + HOUR // 3)).bypassed == ()


async def test_what_was_bypassed_after_a_shift_is_not_in_its_report(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = with_bypass(tmp_path)
    await tell(ledger, BYPASSED, NOON + DAY)
    assert (await of_shift(ledger, here, NOON + 2 * DAY)).bypassed == ()


async def test_a_signed_sheet_says_what_was_bypassed_though_it_is_no_more(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = with_bypass(tmp_path)
    await tell(ledger, BYPASSED, NOON)
    book = HandoverBook(here, Outbox())

    def sign(connection: sa.Connection) -> None:
        book.begin(connection, NOON)
        begun = newest(connection)
        assert begun is not None
        signed = book.with_sheet(connection, begun, NOON + MINUTE)
        values = {"sheet": msgspec.to_builtins(signed.sheet), "left_at": NOON + MINUTE}
        connection.execute(desk.handover.update().values(values))

    await ledger.transact(sign)
    await tell(ledger, "active", NOON + 2 * MINUTE)
    assert (await of_shift(ledger, here, NOON + DAY)).bypassed == (unwatched(BYPASSED, 0, None),)
