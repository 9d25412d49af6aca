"""Our signatures against the reference implementation of Standard Webhooks."""

import base64
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from gateway.model.clock import MINUTE, SECOND, from_datetime
from gateway.outside.signatures import ID, SIGNATURE, TIMESTAMP, signed, verified
from gateway.security.identity import NotSignedIn
from tests.gateway.samples import NOON

SECRET = b"thirty-two bytes of a good secret"
WRITTEN = base64.b64encode(SECRET).decode()
BODY = '{"text": "水浸"}'.encode()


def test_what_we_sign_the_reference_library_takes() -> None:
    now = from_datetime(datetime.now(UTC))
    headers = signed(SECRET, "msg", now, BODY)
    assert Webhook(WRITTEN).verify(BODY, headers) == {"text": "水浸"}


def test_what_the_reference_library_signs_we_take() -> None:
    moment = datetime.now(UTC)
    headers = {
        ID: "msg",
        TIMESTAMP: str(int(moment.timestamp())),
        SIGNATURE: "v1,bm90IHRoaXM= " + Webhook(WRITTEN).sign("msg", moment, BODY.decode()),
    }
    assert verified(SECRET, headers, BODY, from_datetime(moment)) == "msg"


def test_the_example_in_the_manual_takes_what_we_sign_and_nothing_else() -> None:
    manual = Path("docs/engineer/notices.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(manual.partition("```python\n")[2].partition("```")[0], example)
    now = from_datetime(datetime.now(UTC))
    headers = signed(SECRET, "msg", now, BODY)
    assert example["verified"](f"whsec_{WRITTEN}", headers, BODY) == "msg"
    with pytest.raises(AssertionError, match="signature"):
        example["verified"](WRITTEN, headers, BODY + b" ")
    old = signed(SECRET, "msg", now - 6 * MINUTE, BODY)
    with pytest.raises(AssertionError, match="timestamp"):
        example["verified"](WRITTEN, old, BODY)


@pytest.mark.parametrize("aside", [-5 * MINUTE - SECOND, 5 * MINUTE + SECOND])
def test_a_timestamp_over_five_minutes_off_is_refused(aside: int) -> None:
    headers = signed(SECRET, "msg", NOON + aside, BODY)
    with pytest.raises(NotSignedIn, match="5 minutes"):
        verified(SECRET, headers, BODY, NOON)
    assert verified(SECRET, headers, BODY, NOON + aside + 5 * MINUTE) == "msg"


def test_another_secret_body_id_or_time_is_refused() -> None:
    headers = signed(SECRET, "msg", NOON, BODY)
    later = headers | {TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)}
    for given_headers, body, secret in (
        (headers, BODY, SECRET[::-1]),
        (headers, BODY + b" ", SECRET),
        (headers | {ID: "other"}, BODY, SECRET),
        (later, BODY, SECRET),
    ):
        with pytest.raises(NotSignedIn, match="signature is not right"):
            verified(secret, given_headers, body, NOON)


@given(st.dictionaries(st.sampled_from([ID, TIMESTAMP, SIGNATURE]), st.text()), st.binary())
def test_whatever_comes_is_refused_by_name_and_never_breaks(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(NotSignedIn):
        verified(SECRET, headers, body, NOON)


def test_a_timestamp_that_is_no_instant_is_refused_though_it_is_signed() -> None:
    timestamp = "9" * 5_000
    digest = hmac.digest(SECRET, f"msg.{timestamp}.".encode() + BODY, "sha256")
    signature = f"v1,{base64.b64encode(digest).decode()}"
    with pytest.raises(NotSignedIn, match="lacks"):
        verified(SECRET, {ID: "msg", TIMESTAMP: timestamp, SIGNATURE: signature}, BODY, NOON)
