"""The words and figures a site file is made of, as pydantic types.

A validator's ValueError carries the clause a person reads ("expected 1 to 247"). In the JSON
Schema every scalar may also be a text with braces: `${NAME}`, or a template's `{n}`.
"""

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
from gateway.site.problems import suggestion

WORD = "[a-z0-9][a-z0-9-]*"


def _text(pattern: str, expected: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": rf"^({pattern}|.*\{{.*)$"})


def _figure(kind: str, low: float, high: float) -> WithJsonSchema:
    number = {"type": kind, "minimum": low, "maximum": high}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": r"^[0-9.]+$|\{"}]})


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("expected a number")  # noqa: TRY004 -- what pydantic takes as a finding
    return value


def _between(low: float, high: float) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"expected {low} to {high}")
        return value

    return AfterValidator(check)


def _at_most(longest: int) -> AfterValidator:
    def check(name: str) -> str:
        if len(name) > longest:
            raise ValueError(f"expected at most {longest} characters")
        return name

    return AfterValidator(check)


Id = Annotated[
    str,
    _text(WORD, "expected small letters, digits and hyphens, such as door-01"),
    _at_most(64),
    _schema(WORD),
]
"""The id of a site, connection, device, kind, point, state or rule. The ledger's columns hold one,
or two of them with a slash."""

ShortId = Annotated[Id, _at_most(32)]
"""One that the ledger keeps in fewer characters, or beside other words."""

RULE_ID = f"{WORD}/{WORD}"
RuleId = Annotated[str, _text(RULE_ID, "expected device/rule"), _schema(RULE_ID)]
PARENT = f"({WORD}/)?{WORD}"
Parent = Annotated[
    str, _text(PARENT, "expected device/rule, or a rule of the same device"), _schema(PARENT)
]
PointId = Annotated[str, _text(RULE_ID, "expected device/point"), _schema(RULE_ID)]

Word = Annotated[str, _text(r"[^\s]+", "expected a word without spaces")]
Line = Annotated[
    str, _text(r"[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*", "expected text")
]


_HOST = r"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*"
Host = Annotated[
    str, _text(_HOST, "expected a host name or address alone; the port is a key"), _schema(_HOST)
]

_TOPIC = r"[^\s/+#]+(/[^\s/+#]+)*"
Topic = Annotated[
    str,
    _text(_TOPIC, "expected a topic prefix such as site/doors/01, without + or # or outer slashes"),
]

Port = Annotated[int, BeforeValidator(_no_bool), _between(1, 65535), _figure("integer", 1, 65535)]

Baud = Annotated[int, BeforeValidator(_no_bool), _between(300, 4_000_000)]
DataBits = Annotated[int, BeforeValidator(_no_bool), _between(7, 8)]
StopBits = Annotated[int, BeforeValidator(_no_bool), _between(1, 2)]
DeviceFile = Annotated[
    str, _text(r"/[^\s\x00-\x1f\x7f]+", "expected a device file such as /dev/ttyUSB0")
]


def _unit(unit: int) -> int:
    if not (0 <= unit <= 247 or unit == 255):
        raise ValueError("expected 1 to 247, or with framing tcp 0 or 255")
    return unit


_UNITS = [{"type": "integer", "minimum": 0, "maximum": 247}, {"const": 255}]
Unit = Annotated[
    int,
    BeforeValidator(_no_bool),
    AfterValidator(_unit),
    WithJsonSchema({"anyOf": [*_UNITS, {"type": "string", "pattern": r"^[0-9]+$|\{"}]}),
]
"""A Modbus unit (server) address; 248–255 are reserved (Modbus over serial line, 2.2), 0 is
everybody there; devices with none behind them may want 0 or 255 (Messaging on TCP/IP,
4.4.2)."""


def _from_hexadecimal(value: object) -> object:
    if isinstance(value, str) and re.fullmatch("0x[0-9A-Fa-f]{1,6}", value):
        return int(value, 16)
    return _no_bool(value)


_HEXADECIMAL = {"type": "string", "pattern": r"^[0-9]+$|^0x[0-9A-Fa-f]{1,6}$|\{"}
_REGISTER_NUMBER = {"type": "integer", "minimum": 0, "maximum": 465536}
RegisterNumber = Annotated[
    int,
    BeforeValidator(_from_hexadecimal),
    _between(0, 465536),
    WithJsonSchema({"anyOf": [_REGISTER_NUMBER, _HEXADECIMAL]}),
]
"""An address of the protocol, such as 23296 or 0x5B00, or of Modicon: table and number from 1."""
RequestRegisters = Annotated[
    int, BeforeValidator(_no_bool), _between(1, 125), _figure("integer", 1, 125)
]
RequestBits = Annotated[
    int, BeforeValidator(_no_bool), _between(1, 2000), _figure("integer", 1, 2000)
]
RegisterGap = Annotated[
    int, BeforeValidator(_no_bool), _between(0, 123), _figure("integer", 0, 123)
]
BitGap = Annotated[int, BeforeValidator(_no_bool), _between(0, 1998), _figure("integer", 0, 1998)]
BitNumber = Annotated[int, BeforeValidator(_no_bool), _between(0, 15), _figure("integer", 0, 15)]
TextRegisters = Annotated[
    int, BeforeValidator(_no_bool), _between(1, 125), _figure("integer", 1, 125)
]
Number = Annotated[float, BeforeValidator(_no_bool), Field(allow_inf_nan=False)]
Positive = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(allow_inf_nan=False, gt=0),
]
"""A number above zero."""
Percent = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(allow_inf_nan=False),
    _between(0, 100),
    _figure("number", 0, 100),
]
Share = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(allow_inf_nan=False),
    _between(0, 1),
    _figure("number", 0, 1),
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


Needed = Annotated[tuple[int, int], BeforeValidator(_needed), _schema("[0-9]{1,3} of [0-9]{1,3}")]
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


Duration = Annotated[Micros, BeforeValidator(_span), _schema(_DURATION)]
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

LinePause = Annotated[Duration, _seconds_at_most(10)]
"""A line's rest; no command waits longer for one."""

CameraPatience = Annotated[Lasting, _seconds_at_most(5)]
"""Opening a stream may take this twice: a camera that is gone must be OFFLINE within 10 s."""


def _days(text: object) -> Micros:
    match = re.fullmatch(r"([0-9]{1,5})d", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected whole days such as 7d or 400d")
    if not 1 <= int(match[1]) <= _LONGEST_DAYS:
        raise ValueError(f"expected 1d to {_LONGEST_DAYS}d (a hundred years)")
    return int(match[1]) * DAY


Days = Annotated[Micros, BeforeValidator(_days), _schema("[0-9]{1,5}d")]
"""How long something is kept: microseconds, written as whole days."""

# --- sizes and times of day ----------------------------------------------------------------------

_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


def _size(text: object) -> int:
    match = re.fullmatch(r"([0-9]{1,6})(MB|GB|TB)", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected a size such as 500MB or 4GB")
    return int(match[1]) * _SIZES[match[2]]


def _at_least(low: int, told: str) -> AfterValidator:
    def check(value: int) -> int:
        if value < low:
            raise ValueError(f"expected at least {told}")
        return value

    return AfterValidator(check)


JournalSize = Annotated[
    int, BeforeValidator(_size), _at_least(10**7, "10MB"), _schema("[0-9]{1,6}(MB|GB|TB)")
]
"""Bytes."""


def _time_of_day(text: object) -> time:
    if not isinstance(text, str) or not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError('expected a time of day in quotes, such as "03:10"')
    return time.fromisoformat(text)


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day), _schema("[0-2][0-9]:[0-5][0-9]")]
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
    _schema("[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"),
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


CameraUrl = Annotated[str, AfterValidator(_url("rtsp", "rtsps")), _schema("rtsps?://.+")]
InfluxUrl = Annotated[str, AfterValidator(_url("http", "https")), _schema("https?://.+")]
HttpUrl = InfluxUrl
"""May hold a secret in its path."""
LedgerUrl = Annotated[
    str, AfterValidator(_url("postgresql+psycopg", "postgresql")), _schema("postgresql.*://.+")
]

ChannelUrl = Annotated[
    str,
    _text(
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


Listen = Annotated[tuple[str, int], BeforeValidator(_listen), _schema(".+:[0-9]+")]


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
