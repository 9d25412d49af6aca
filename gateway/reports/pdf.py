"""A report as PDF (A4). The font comes with the gateway: no machine has to have a Chinese one."""

from importlib.resources import as_file, files
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from gateway.model.clock import Micros, to_datetime
from gateway.reports.sheet import Section, Sheet

_FONT: Final = "wqy-microhei"
_INK, _FAINT, _SHADE, _RULE = (28, 36, 48), (85, 96, 112), (238, 242, 246), (213, 219, 227)
_MARGIN: Final = 18.0
"""Millimetres."""
_LINE: Final = 5.2


def to_pdf(sheet: Sheet, made_at: Micros) -> bytes:
    """The same sheet gives the same bytes. Takes up to a second: call it in a thread."""
    document = _Document(sheet)
    document.set_creation_date(to_datetime(made_at))
    document.add_page()
    _heading(document, sheet)
    for section in sheet.sections:
        _section(document, section)
    return bytes(document.output())


class _Document(FPDF):
    """Every page has its number, and whose report it is."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self._foot = f"{sheet.site} · {sheet.title}"
        self.set_title(f"{sheet.title} – {sheet.site}")
        self.set_lang(sheet.language)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, _MARGIN)
        with as_file(files("gateway.reports") / "fonts" / f"{_FONT}.ttf") as path:
            self.add_font(_FONT, fname=path)

    def footer(self) -> None:
        """Called by the library at the end of each page."""
        self.set_y(-_MARGIN + 4)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_FAINT)
        half = self.epw / 2
        self.cell(half, _LINE, self._foot)
        self.cell(half, _LINE, f"{self.page_no()} / {{nb}}", align="R")


def _heading(document: _Document, sheet: Sheet) -> None:
    document.set_font(_FONT, size=18)
    document.set_text_color(*_INK)
    _line(document, sheet.title, 9)
    document.set_font(_FONT, size=10)
    document.set_text_color(*_FAINT)
    _line(document, sheet.site, _LINE)
    _line(document, sheet.period, _LINE)


def _section(document: _Document, section: Section) -> None:
    if document.will_page_break(4 * _LINE):
        document.add_page()
    document.ln(4)
    document.set_font(_FONT, size=12)
    document.set_text_color(*_INK)
    _line(document, section.title, 7)
    document.set_font(_FONT, size=9)
    document.set_draw_color(*_RULE)
    _table(document, section)
    if section.left_out:
        _line(document, f"+ {section.left_out}", _LINE)


def _table(document: _Document, section: Section) -> None:
    with document.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=bool(section.head),
        headings_style=FontFace(fill_color=_SHADE),
        line_height=_LINE,
        padding=(0.6, 1.2),
        text_align="LEFT",
        col_widths=_widths(document, section),
    ) as table:
        for row in (section.head, *section.rows) if section.head else section.rows:
            table.row(row)


def _widths(document: _Document, section: Section) -> tuple[float, ...]:
    """By the longest text of each column; none takes more than five times what another may."""
    columns = (
        zip(*section.rows, section.head, strict=True)
        if section.head
        else zip(*section.rows, strict=True)
    )
    needed = [max(document.get_string_width(cell) for cell in column) + 4 for column in columns]
    return tuple(min(width, 5 * min(needed) + 20) for width in needed)


def _line(document: _Document, text: str, height: float) -> None:
    document.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
