"""Receivers that answer status 200 to what they refuse: their answer is read.

apprise takes any 200 for delivered, so its plugins read the URL and the request is made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from gateway.errors import Refused
from gateway.outside.failures import failed, refusal


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer says that took the message: `value` at the first of `names` that its JSON
    object has. A name may be dotted: `messages.0.status`."""

    names: tuple[str, ...]
    value: str


ROBOTS_OK: Final = Expected(("errcode", "code", "StatusCode"), "0")


@dataclass(frozen=True, slots=True)
class Message:
    """One POST; `body` goes as JSON, or as a form."""

    url: str = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    is_form: bool = False
    expected: Expected = ROBOTS_OK


def send(receiver: str, message: Message, timeout_s: float) -> None:
    """Blocks. Unreachable or Refused when it has not been taken."""
    try:
        answer = httpx.post(
            message.url,
            json=None if message.is_form else message.body,
            data=message.body if message.is_form else None,
            params=message.params or None,
            headers=dict(message.headers),
            auth=message.auth,
            timeout=timeout_s,
        )
    except httpx.HTTPError as error:
        raise failed(receiver, error) from None
    if not answer.is_success:
        raise refusal(receiver, answer.status_code)
    code = _code(answer, message.expected)
    if code is None or str(code) != message.expected.value:
        remedy = "look the code up in its manual: signature, keyword, or too many messages"
        raise Refused(receiver, f"does not take the message (code {code})", remedy)


def _code(answer: httpx.Response, expected: Expected) -> object:
    """None when it says nothing we know."""
    try:
        said = answer.json()
    except ValueError:
        return None
    found = (_at(said, name.split(".")) for name in expected.names)
    return next((each for each in found if each is not None), None)


def _at(said: object, path: list[str]) -> object:
    for name in path:
        match said:
            case dict():
                said = said.get(name)
            case list() if name.isdecimal() and int(name) < len(said):
                said = said[int(name)]
            case _:
                return None
    return said
