"""The words, figures, times and addresses a site file is made of, as pydantic types."""

import base64
import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.model.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Micros
from gateway.site.field_checks import (
    at_least,
    at_most,
    between,
    figure_schema,
    matching,
    no_bool,
    pattern_schema,
)
from gateway.site.problems import suggestion

WORD = "[a-z0-9][a-z0-9-]*"


Id = Annotated[
    str,
    matching(WORD, "expected small letters, digits and hyphens, such as door-01"),
    at_most(64),
    pattern_schema(WORD),
]
"""The id of a site, connection, device, kind, point, state or rule. The ledger's columns hold one,
or two of them with a slash."""

ShortId = Annotated[Id, at_most(32)]
"""One that the ledger keeps in fewer characters, or beside other words."""

RULE_ID = f"{WORD}/{WORD}"
RuleId = Annotated[str, matching(RULE_ID, "expected device/rule"), pattern_schema(RULE_ID)]
PARENT = f"({WORD}/)?{WORD}"
Parent = Annotated[
    str,
    matching(PARENT, "expected device/rule, or a rule of the same device"),
    pattern_schema(PARENT),
]
PointId = Annotated[str, matching(RULE_ID, "expected device/point"), pattern_schema(RULE_ID)]

Word = Annotated[str, matching(r"[^\s]+", "expected a word without spaces")]
Line = Annotated[
    str, matching(r"[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*", "expected text")
]


_HOST = r"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*"
Host = Annotated[
    str,
    matching(_HOST, "expected a host name or address alone; the port is a key"),
    pattern_schema(_HOST),
]

_TOPIC = r"[^\s/+#]+(/[^\s/+#]+)*"
Topic = Annotated[
    str,
    matching(
        _TOPIC, "expected a topic prefix such as site/doors/01, without + or # or outer slashes"
    ),
]

Port = Annotated[
    int, BeforeValidator(no_bool), between(1, 65535), figure_schema("integer", 1, 65535)
]


Number = Annotated[float, BeforeValidator(no_bool), Field(allow_inf_nan=False)]
Positive = Annotated[
    float,
    BeforeValidator(no_bool),
    Field(allow_inf_nan=False, gt=0),
]
"""A number above zero."""
Percent = Annotated[
    float,
    BeforeValidator(no_bool),
    Field(allow_inf_nan=False),
    between(0, 100),
    figure_schema("number", 0, 100),
]
Share = Annotated[
    float,
    BeforeValidator(no_bool),
    Field(allow_inf_nan=False),
    between(0, 1),
    figure_schema("number", 0, 1),
]
"""A fraction of a picture's or plan's width or height."""

Spot = tuple[Share, Share]
"""Fractions from the left and from the top."""

_MOST_COUNTED = 20


def _needed(text: object) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,3}) of ([0-9]{1,3})", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected so many of so many readings, such as 2 of 3")
    needed, of = int(match[1]), int(match[2])
    if not 1 <= needed <= of <= _MOST_COUNTED:
        raise ValueError(f"expected at least 1, and no more than of {_MOST_COUNTED}")
    return needed, of


Needed = Annotated[
    tuple[int, int], BeforeValidator(_needed), pattern_schema("[0-9]{1,3} of [0-9]{1,3}")
]
"""How many of how many readings."""

# --- durations ---------------------------------------------------------------------------------

_SPANS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR}
_DURATION = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)"
_LONGEST = 8784 * HOUR
_LONGEST_DAYS = 36_525


def _span(text: object) -> Micros:
    match = re.fullmatch(_DURATION, text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected a duration such as 500ms, 30s, 5m or 2h")
    span = int(Decimal(match[1]) * _SPANS[match[2]])
    if span > _LONGEST:
        raise ValueError("expected at most a year (8784h)")
    return span


def _lasting(span: Micros) -> Micros:
    if span <= 0:
        raise ValueError("expected more than 0s")
    return span


Duration = Annotated[Micros, BeforeValidator(_span), pattern_schema(_DURATION)]
"""Microseconds, written as text; may be 0s."""
Lasting = Annotated[Duration, AfterValidator(_lasting)]
"""A duration above zero."""


def _seconds_at_most(most: int) -> AfterValidator:
    def check(span: Micros) -> Micros:
        if span > most * SECOND:
            raise ValueError(f"expected at most {most}s")
        return span

    return AfterValidator(check)


CommandTime = Annotated[Lasting, _seconds_at_most(30)]
"""How long a command may wait for the reading that confirms it."""

Pulse = Annotated[Lasting, _seconds_at_most(5)]
"""How long a command holds what it lets go of by itself."""

LinePause = Annotated[Duration, _seconds_at_most(10)]
"""A line's rest; no command waits longer for one."""

LinePatience = Annotated[Lasting, _seconds_at_most(30)]
"""For an answer: while it is waited for nothing else is asked on that line."""

CameraPatience = Annotated[Lasting, _seconds_at_most(5)]
"""Opening a stream may take this twice: a camera that is gone must be OFFLINE within 10 s."""


def _days(text: object) -> Micros:
    match = re.fullmatch(r"([0-9]{1,5})d", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected whole days such as 7d or 400d")
    if not 1 <= int(match[1]) <= _LONGEST_DAYS:
        raise ValueError(f"expected 1d to {_LONGEST_DAYS}d (a hundred years)")
    return int(match[1]) * DAY


Days = Annotated[Micros, BeforeValidator(_days), pattern_schema("[0-9]{1,5}d")]
"""How long something is kept: microseconds, written as whole days."""

# --- sizes and times of day ----------------------------------------------------------------------

_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


def _size(text: object) -> int:
    match = re.fullmatch(r"([0-9]{1,6})(MB|GB|TB)", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected a size such as 500MB or 4GB")
    return int(match[1]) * _SIZES[match[2]]


JournalSize = Annotated[
    int, BeforeValidator(_size), at_least(10**7, "10MB"), pattern_schema("[0-9]{1,6}(MB|GB|TB)")
]
"""Bytes."""


def _time_of_day(text: object) -> time:
    if not isinstance(text, str) or not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError('expected a time of day in quotes, such as "03:10"')
    return time.fromisoformat(text)


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day), pattern_schema("[0-2][0-9]:[0-5][0-9]")]
"""On the wall clock of the site's time zone."""


def _window(text: object) -> tuple[time, time]:
    start, _, end = text.partition("-") if isinstance(text, str) else ("", "", "")
    try:
        return _time_of_day(start), _time_of_day(end)
    except ValueError as error:
        raise ValueError('expected times of day such as "08:00-17:30"') from error


Window = Annotated[
    tuple[time, time],
    BeforeValidator(_window),
    pattern_schema("[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"),
]
"""From when until when on that wall clock; one that does not end later ends on the day after."""


def _date(text: object) -> date:
    try:
        return date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError as error:
        raise ValueError("expected a date such as 2026-01-01") from error


Date = Annotated[date, BeforeValidator(_date)]

# --- addresses ---------------------------------------------------------------------------------


def _url(*schemes: str) -> Callable[[str], str]:
    def check(url: str) -> str:
        expected = f"expected a URL such as {schemes[0]}://host:port/path"
        try:
            parts = urlsplit(url)
            sound = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound or re.search(r"[\s\x00-\x1f]", url):
            raise ValueError(expected)
        return url

    return check


CameraUrl = Annotated[str, AfterValidator(_url("rtsp", "rtsps")), pattern_schema("rtsps?://.+")]
InfluxUrl = Annotated[str, AfterValidator(_url("http", "https")), pattern_schema("https?://.+")]
HttpUrl = InfluxUrl
"""May hold a secret in its path."""
LedgerUrl = Annotated[
    str,
    AfterValidator(_url("postgresql+psycopg", "postgresql")),
    pattern_schema("postgresql.*://.+"),
]

ChannelUrl = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9+]*://[^\s]+", "expected an apprise URL such as mailtos://…, without spaces"
    ),
]


def _webhook_secret(text: object) -> bytes:
    expected = "expected whsec_ and 24 to 64 bytes in Base64: openssl rand -base64 32"
    if not isinstance(text, str):
        raise ValueError(expected)  # noqa: TRY004 -- what pydantic takes as a finding
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ValueError(expected) from None
    if not 24 <= len(secret) <= 64:
        raise ValueError(expected)
    return secret


WebhookSecret = Annotated[
    bytes,
    BeforeValidator(_webhook_secret, json_schema_input_type=str),
    WithJsonSchema({"type": "string"}),
]
"""Bytes, written in Base64 (Standard Webhooks: 24 to 64 of them)."""


def _listen(value: object) -> tuple[str, int]:
    match = re.fullmatch(r"(.+):([0-9]{1,5})", value) if isinstance(value, str) else None
    host = match[1].removeprefix("[").removesuffix("]") if match else ""
    if match is None or not re.fullmatch(_HOST, host) or not 1 <= int(match[2]) <= 65535:
        raise ValueError("expected address:port, such as 127.0.0.1:8080")
    return host, int(match[2])


Listen = Annotated[tuple[str, int], BeforeValidator(_listen), pattern_schema(".+:[0-9]+")]


def _zone(name: object) -> ZoneInfo:
    if not isinstance(name, str):
        raise ValueError("expected a time zone such as Asia/Shanghai")  # noqa: TRY004
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        near = suggestion(name, available_timezones())
        expected = near if near.startswith("did") else "expected a zone such as Asia/Shanghai"
        raise ValueError(expected) from error


TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["Asia/Shanghai"]}),
]
