"""A broker's bytes as MQTT packets: PUBLISH decoded here, every other packet handed on whole.

Sources: OASIS MQTT 3.1.1 and 5.0, 2.2.3 / 1.5.5 (lengths), 3.3 (PUBLISH).
"""

import struct
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from gateway.errors import Malformed

LARGEST_PAYLOAD: Final = 64 * 1024
"""Bytes. Of a longer payload one byte more is kept, so that it shows."""

_PUBLISH: Final = 0x30
_PUBACK_OF_PACKET_0: Final = 0x4002_0000
_MORE: Final = 0x80
"""This byte of a length is not its last."""
_LONGEST_LENGTH: Final = 4
"""Bytes."""


class Message(NamedTuple):
    """As received. `mid` is its packet identifier, 0 at QoS 0. `redelivered`: the broker may have
    sent it before."""

    topic: str
    payload: bytes
    retained: bool
    mid: int
    redelivered: bool


class Packets:
    """Cuts a stream, however it is split, into packets, in order: `message` is called with what a
    PUBLISH says, `other` with each other packet as it came."""

    def __init__(
        self, *, mqtt5: bool, message: Callable[[Message], None], other: Callable[[bytes], None]
    ) -> None:
        self._mqtt5 = mqtt5
        self._message = message
        self._other = other
        self._parts: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> None:
        """The next bytes. Raises Malformed; nothing can be read after that."""
        self._missing -= len(data)
        self._parts.append(data)
        if self._missing <= 0:  # else not joined yet: a long packet comes in many parts
            data = b"".join(self._parts)
            try:
                self._parts = [data[self._cut(data) :]]
            except (IndexError, UnicodeDecodeError) as error:
                raise Malformed("MQTT", str(error)) from error

    def _cut(self, data: bytes) -> int:
        """Deals with the whole packets in `data`; returns where the first that is not whole begins,
        and sets how many bytes it misses at least."""
        begin, end = 0, len(data)
        while end - begin >= 2:
            first, length, start = data[begin], data[begin + 1], begin + 2
            if length & _MORE:
                try:
                    length, start = _length(data, begin + 1)
                except IndexError:
                    break
            stop = start + length
            if stop > end:
                self._missing = stop - end
                return begin
            if first & 0xF0 == _PUBLISH:
                self._message(self._published(first, data, start, stop))
            else:
                self._other(data[begin:stop])
            begin = stop
        self._missing = 1
        return begin

    def _published(self, first: int, data: bytes, start: int, stop: int) -> Message:
        """The PUBLISH whose fixed header begins with the byte `first` and the rest of which is
        data[start:stop]. Where it lies about a length we read past it, and see so at the end."""
        topic_begin = start + 2
        at = topic_end = topic_begin + (data[start] << 8 | data[start + 1])
        mid = 0
        qos = first >> 1 & 3
        if qos:
            mid = data[at] << 8 | data[at + 1]
            at += 2
            if qos > 1 or not mid:
                raise Malformed("MQTT", f"a message at QoS {qos} with packet identifier {mid}")
        if self._mqtt5:  # its properties say nothing we ask for
            length, at = _length(data, at)
            at += length
        if at > stop or topic_begin == topic_end:
            raise Malformed("MQTT", "a PUBLISH that does not hold what it announces")
        return Message(
            data[topic_begin:topic_end].decode(),
            data[at : min(stop, at + LARGEST_PAYLOAD + 1)],
            first & 1 == 1,
            mid,
            first & 8 == 8,
        )


def pubacks(mids: Collection[int]) -> bytes:
    """A PUBACK (success) for each packet identifier, the same in MQTT 3.1.1 and 5."""
    return struct.pack(f">{len(mids)}I", *[_PUBACK_OF_PACKET_0 | mid for mid in mids])


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer, seven bits a byte, the lowest first, and where it ends."""
    length = 0
    for shift in range(_LONGEST_LENGTH):
        byte = data[at + shift]
        length |= (byte & ~_MORE) << 7 * shift
        if not byte & _MORE:
            return length, at + shift + 1
    raise Malformed("MQTT", "a length of more than four bytes")
