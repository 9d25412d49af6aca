"""What goes wrong between the gateway and a receiver, in words that hold no secret.

URLs of receivers hold tokens, and libraries put the URL into their errors. So nothing a library
says is passed on: it is looked through for what it means.
"""

import re
from typing import Final

from gateway.errors import GatehouseError, Refused, Unreachable

_MEANINGS: Final = (
    (r"NameResolution|Name or service not known|name resolution|nodename", "its host is unknown"),
    (r"CERTIFICATE_VERIFY|certificate|SSLError|SSL:", "its certificate is not trusted"),
    (r"timed out|Timeout", "does not answer in time"),
    (r"[Rr]efused", "nothing listens there"),
    (r"authentication|\b535\b", "does not accept the user name or password"),
)
"""First that is found. Words of urllib3, httpx, smtplib and OpenSSL."""

_STATUS: Final = re.compile(r"error=([1-5]\d\d)\b")
"""How apprise tells an HTTP status."""


def failure(receiver: str, *said: str) -> GatehouseError:
    """Why a receiver could not be told, from what a library said: Refused when it answered no,
    else Unreachable."""
    for text in said:
        status = _STATUS.search(text)
        if status is not None:
            return refusal(receiver, int(status[1]))
    for pattern, meaning in _MEANINGS:
        if any(re.search(pattern, text) for text in said):
            return Unreachable(receiver, meaning, "check its URL, and that it is up")
    return Unreachable(receiver, "cannot be reached", "check its URL, and that it is up")


def failed(receiver: str, error: BaseException) -> GatehouseError:
    """The same from what was raised, and from what that came of."""
    said = []
    cause: BaseException | None = error
    while cause is not None:
        said.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return failure(receiver, *said)


def refusal(receiver: str, status: int) -> GatehouseError:
    """An HTTP status that is no success: what may pass by itself is Unreachable (RFC 9110,
    15.5.9, 15.6; RFC 6585, 4), the rest Refused."""
    problem = f"answers with status {status}"
    if status in (408, 425, 429) or status >= 500:
        return Unreachable(receiver, problem, "see what it says of itself")
    return Refused(receiver, problem, "check its URL and its secrets")
