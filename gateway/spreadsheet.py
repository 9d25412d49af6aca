"""Text for spreadsheets: CSV as Excel and others take it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

BOM: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the system's old code page."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet computes what begins so (OWASP, "CSV Injection")."""


def harmless(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as lines of CSV (RFC 4180), UTF-8."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
