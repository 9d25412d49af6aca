"""Lines a server does not take, found among those it takes. The servers are contract fakes in
memory; test_influx has the real one."""

import gzip
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.history.influx.http import BadLines, TooLarge
from gateway.history.influx.sending import Sender, reason_code


class Taking:
    """Takes at most so many lines at once and none that is "bad". InfluxDB 1.x and 2.x store the
    others of a request and say how many they dropped; `tells` False: parsing failed, nothing said.
    """

    def __init__(self, most: int, *, tells: bool) -> None:
        self.stored: set[str] = set()
        self._most = most
        self._tells = tells

    def __call__(self, body: bytes) -> None:
        lines = gzip.decompress(body).decode().split("\n")
        if len(lines) > self._most:
            raise TooLarge("fake", "Request Entity Too Large")
        good = [line for line in lines if not line.startswith("bad")]
        self.stored.update(good)
        if dropped := len(lines) - len(good):
            told = f" dropped={dropped}" if self._tells else ""
            raise BadLines("fake", f"partial write: field type conflict: …{told}")


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 200), st.booleans())
def test_every_good_line_is_stored_and_every_bad_one_given_back_once(
    good: Sequence[bool], most: int, tells: bool
) -> None:
    lines = [f"{'good' if each else 'bad'} {n}" for n, each in enumerate(good)]
    server, sender = Taking(most, tells=tells), Sender()
    for _ in range(2):
        bad = sender.send(lines, server)
        assert sorted(n for n, _ in bad) == [n for n, each in enumerate(good) if not each]
        assert server.stored == {line for line, each in zip(lines, good, strict=True) if each}


def test_why_a_line_is_not_taken_is_told_in_codes() -> None:
    assert reason_code(TooLarge("s", "")) == "influx-too-large"
    said = {
        "partial write: field type conflict: input field …": "influx-field-type",
        "partial write: points beyond retention policy dropped=3": "influx-retention",
        "unable to parse 'x': missing fields": "influx-bad-line",
        "no such thing": "influx-refused",
    }
    assert {words: reason_code(Malformed("s", words)) for words in said} == said


def test_many_bad_lines_cost_few_requests() -> None:
    """A contract fake in memory: InfluxDB 1.x says how many lines of a request it dropped."""
    sent: list[int] = []

    def to(body: bytes) -> None:
        lines = gzip.decompress(body).decode().split("\n")
        sent.append(len(lines))
        if dropped := lines.count("bad"):
            raise BadLines("fake", f"partial write: field type conflict: … dropped={dropped}")

    bad = Sender().send(["good"] * 512 + ["bad"] * 512, to)
    assert [n for n, _ in bad] == list(range(512, 1024))
    assert sent == [1024, 512, 512]


def test_what_was_too_large_once_is_not_tried_again() -> None:
    """A contract fake in memory: InfluxDB 1.x with a small max-body-size."""
    sent: list[int] = []

    def to(body: bytes) -> None:
        sent.append(len(gzip.decompress(body).split()))
        if sent[-1] > 30:
            raise TooLarge("fake", "Request Entity Too Large")

    sender = Sender()
    assert sender.send(["good"] * 100, to) == []
    assert sent == [100, 50, 25, 25, 25, 25]
    sent.clear()
    assert sender.send(["good"] * 100, to) == []
    assert sent == [25, 25, 25, 25]
