"""A report as one page that loads nothing, for the screen and the printer."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from gateway.reports.sheet import Sheet


def to_html(sheet: Sheet) -> str:
    """What the site file or a person wrote stands in it as text, never as markup."""
    return _template().render(sheet=sheet)


@cache
def _template() -> Template:
    loader = PackageLoader("gateway.reports", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2")
