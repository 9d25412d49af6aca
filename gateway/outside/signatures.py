"""Signatures of webhooks, as in Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over
"id.timestamp.body"."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.security.identity import NotSignedIn

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

TOLERANCE: Final[Micros] = 5 * MINUTE
"""A message signed longer ago, or so far ahead, is not taken."""

_LONGEST_ID: Final = 200
_LONGEST_TIMESTAMP: Final = 20
"""Digits."""


def signed(secret: bytes, message: str, at: Micros, body: bytes) -> dict[str, str]:
    """The headers that go with the message of that id, sent at that instant."""
    timestamp = str(at // SECOND)
    signature = base64.b64encode(_digest(secret, message, timestamp, body)).decode()
    return {ID: message, TIMESTAMP: timestamp, SIGNATURE: f"v1,{signature}"}


def verified(secret: bytes, headers: Mapping[str, str], body: bytes, now: Micros) -> str:
    """The message's id; NotSignedIn when nobody who knows the secret has signed this just now."""
    message, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not (0 < len(message) <= _LONGEST_ID and _is_timestamp(timestamp)):
        problem = f"lacks {ID}, {TIMESTAMP} or {SIGNATURE}"
        raise NotSignedIn("webhook", problem, "sign as docs/engineer/notices.md says")
    due = _digest(secret, message, timestamp, body)
    # All are compared, each in constant time.
    matches = [hmac.compare_digest(due, given) for given in _given(headers.get(SIGNATURE, ""))]
    if not any(matches):
        remedy = "compare the secrets, and sign the body as it is sent"
        raise NotSignedIn("webhook", "its signature is not right", remedy)
    if abs(now - int(timestamp) * SECOND) > TOLERANCE:
        problem = "its timestamp is over 5 minutes from now"
        raise NotSignedIn("webhook", problem, "set the sender's clock, and sign each attempt anew")
    return message


def _is_timestamp(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_TIMESTAMP


def _digest(secret: bytes, message: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(secret, f"{message}.{timestamp}.".encode() + body, "sha256")


def _given(header: str) -> list[bytes]:
    """Several stand side by side while a secret is changed."""
    found = []
    for each in header.split():
        version, _, signature = each.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(signature, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
