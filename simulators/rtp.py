"""RTP packets of H.264 (RFC 3550, RFC 6184) and RTCP sender reports. Pure."""

import struct
from collections.abc import Iterator, Sequence

from gateway.model.clock import SECOND, Micros

PAYLOAD_TYPE = 96
CLOCK_RATE = 90_000
_PAYLOAD_LIMIT = 1_400
_FU_A = 28
_NTP_MINUS_UNIX_SECONDS = 2_208_988_800
_SENDER_REPORT, _SOURCE_DESCRIPTION, _CNAME = 200, 202, 1


def rtp_time(now: Micros) -> int:
    """The instant on the 90 kHz media clock; it wraps after 2³² ticks, about 13 hours."""
    return now * CLOCK_RATE // SECOND % 2**32


def payloads(nal_units: Sequence[bytes], limit: int = _PAYLOAD_LIMIT) -> list[bytes]:
    """RTP payloads of at most `limit` bytes: a NAL unit each, or FU-A parts of one (RFC 6184, 5.6
    and 5.8)."""
    return [payload for unit in nal_units for payload in _fragments(unit, limit)]


def _fragments(unit: bytes, limit: int) -> Iterator[bytes]:
    if len(unit) <= limit:
        yield unit
        return
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    step = limit - 2
    for begin in range(1, len(unit), step):
        first, last = begin == 1, begin + step >= len(unit)
        header = bytes((indicator, first << 7 | last << 6 | kind))
        yield header + unit[begin : begin + step]


class RtpSender:
    """Numbers and counts the packets of one synchronisation source."""

    def __init__(self, ssrc: int, sequence: int, canonical_name: str) -> None:
        self.ssrc = ssrc
        self.next_sequence = sequence
        self._canonical_name = canonical_name.encode()
        self._packets = 0
        self._octets = 0

    def packets(self, access_unit: Sequence[bytes], timestamp: int) -> list[bytes]:
        """The payloads of one access unit as packets, the last one marked."""
        return [
            self._packet(payload, timestamp, marker=index == len(access_unit))
            for index, payload in enumerate(access_unit, start=1)
        ]

    def _packet(self, payload: bytes, timestamp: int, marker: bool) -> bytes:
        header = struct.pack(
            ">BBHII",
            0x80,
            marker << 7 | PAYLOAD_TYPE,
            self.next_sequence,
            timestamp,
            self.ssrc,
        )
        self.next_sequence = (self.next_sequence + 1) % 2**16
        self._packets += 1
        self._octets += len(payload)
        return header + payload

    def report(self, now: Micros) -> bytes:
        """A sender report with the source's name: which media time is which time of day (RFC 3550,
        6.4.1 and 6.5)."""
        seconds, rest = divmod(now, SECOND)
        sender = struct.pack(
            ">BBHIIIIII",
            0x80,
            _SENDER_REPORT,
            6,
            self.ssrc,
            (seconds + _NTP_MINUS_UNIX_SECONDS) % 2**32,
            rest * 2**32 // SECOND,
            rtp_time(now),
            self._packets % 2**32,
            self._octets % 2**32,
        )
        item = bytes((_CNAME, len(self._canonical_name))) + self._canonical_name
        item += bytes(4 - len(item) % 4)
        words = 1 + len(item) // 4
        return sender + struct.pack(">BBHI", 0x81, _SOURCE_DESCRIPTION, words, self.ssrc) + item
