"""A plain page about the API. It loads nothing, from here or from outside."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGE: Final = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gatehouse API</title>
<style>body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}
code{{font-weight:bold}}dd{{margin-bottom:1em}}</style>
<h1>Gatehouse API</h1><p>{about}</p>
<p>The whole description, for programs: <a href="/openapi.json">openapi.json</a>.</p>
{operations}</html>
"""


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> str:
    """Every operation in a line or two."""
    described = request.app.openapi()
    return _PAGE.format(
        about=escape(described["info"]["description"]),
        operations="".join(_operations(described)),
    )


def _operations(described: dict[str, Any]) -> Iterator[str]:
    for tag in described["tags"]:
        yield f"<h2>{escape(tag['description'])}</h2><dl>"
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield f"<dt><code>{method.upper()} {escape(path)}</code></dt>"
                    yield f"<dd>{escape(operation['summary'])}. "
                    yield f"{escape(operation['description'])}</dd>"
        yield "</dl>"
