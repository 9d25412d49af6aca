"""RTP packets of H.264, put together again."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import SECOND
from simulators.rtp import RtpSender, payloads, rtp_time
from tests.simulators.rtsp_client import Packet

nal_units = st.binary(min_size=2, max_size=400).filter(lambda unit: 1 <= unit[0] & 0x1F <= 23)


def put_together(parts: list[bytes]) -> list[bytes]:
    """The NAL units of RTP payloads, as a receiver finds them (RFC 6184, 5.8)."""
    units: list[bytes] = []
    for part in parts:
        if part[0] & 0x1F != 28:
            units.append(part)
        elif part[1] & 0x80:
            units.append(bytes([part[0] & 0xE0 | part[1] & 0x1F]) + part[2:])
        else:
            units[-1] += part[2:]
    return units


@given(st.lists(nal_units, min_size=1), st.integers(4, 120))
def test_a_receiver_gets_the_same_nal_units_in_payloads_within_the_limit(
    units: list[bytes], limit: int
) -> None:
    parts = payloads(units, limit)
    assert put_together(parts) == units
    assert max(map(len, parts)) <= limit
    starts = sum(part[0] & 0x1F == 28 and bool(part[1] & 0x80) for part in parts)
    ends = sum(part[0] & 0x1F == 28 and bool(part[1] & 0x40) for part in parts)
    assert starts == ends == sum(len(unit) > limit for unit in units)


@given(st.integers(0, 2**16 - 1), st.lists(st.lists(nal_units, min_size=1), max_size=5))
def test_sequence_numbers_follow_and_wrap_and_the_last_packet_of_a_picture_is_marked(
    first: int, pictures: list[list[bytes]]
) -> None:
    sender = RtpSender(ssrc=5, sequence=first, canonical_name="north")
    expected = first
    for timestamp, picture in enumerate(pictures):
        packets = [Packet.parse(packet) for packet in sender.packets(picture, timestamp)]
        assert [packet.payload for packet in packets] == picture
        assert [packet.marker for packet in packets] == [False] * (len(picture) - 1) + [True]
        for packet in packets:
            assert (packet.sequence, packet.timestamp, packet.ssrc) == (expected, timestamp, 5)
            expected = (expected + 1) % 2**16


def test_media_time_runs_at_90_khz_and_wraps() -> None:
    wrap = 2**32 * 100 // 9  # µs: 90 ticks a millisecond
    assert rtp_time(SECOND) - rtp_time(0) == 90_000
    assert rtp_time(wrap - SECOND) > 2**32 - 90_010
    assert rtp_time(wrap + SECOND) < 90_010


def test_a_sender_report_tells_time_of_day_media_time_and_what_was_sent() -> None:
    sender = RtpSender(ssrc=0xABCD, sequence=0, canonical_name="north")
    sender.packets([b"12345", b"678"], timestamp=0)
    now = 1_800_000_000 * SECOND + SECOND // 2
    report = sender.report(now)
    assert struct.unpack(">BBHIIIIII", report[:28]) == (
        0x80,
        200,
        6,
        0xABCD,
        1_800_000_000 + 2_208_988_800,
        2**31,
        rtp_time(now),
        2,
        8,
    )
    first, kind, words, ssrc = struct.unpack(">BBHI", report[28:36])
    assert (first, kind, ssrc) == (0x81, 202, 0xABCD)
    assert len(report) == 28 + 4 * (words + 1)
    assert report[36:].rstrip(b"\0") == b"\x01\x05north"
