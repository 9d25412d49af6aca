"""Frames of serial lines among noise. pymodbus's framers give up a whole input for one wrong byte.

Modbus over Serial Line V1.02, 2.5.1 (RTU) and 2.5.2 (ASCII).
"""

from binascii import Error, unhexlify

from pymodbus.framer.ascii import FramerAscii
from pymodbus.framer.rtu import FramerRTU

_Frame = tuple[int, int, int, bytes]
"""How many bytes are done with, unit, transaction (none: 0), and the message."""
_FUNCTIONS = frozenset({1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43})
_NOTHING_YET: _Frame = (0, 0, 0, b"")


class RtuFramer(FramerRTU):
    """A frame is what has a fitting checksum, wherever in the input it begins."""

    def decode(self, _data: bytes) -> _Frame:
        """The first frame of the input."""
        for start in range(len(_data) - self.MIN_SIZE + 1):
            frame = self._frame(_data[start:])
            if frame:
                return start + len(frame), frame[0], 0, frame[1:-2]
        return _NOTHING_YET

    def _frame(self, data: bytes) -> bytes:
        """The frame at the beginning of `data`; empty when there is none, or not all of it yet."""
        if data[1] & 0x7F not in _FUNCTIONS:
            return b""
        kind = self.decoder.lookupPduClass(data)
        size = kind.calculateRtuFrameSize(data) if kind else 0
        if not self.MIN_SIZE <= size <= len(data):
            return b""
        checksum = int.from_bytes(data[size - 2 : size], "big")
        return data[:size] if self.check_CRC(data[: size - 2], checksum) else b""


class AsciiFramer(FramerAscii):
    """A frame begins at the last colon before the end of a line."""

    def decode(self, _data: bytes) -> _Frame:
        """The first frame of the input."""
        used = 0
        while (end := _data.find(self.END, used)) >= 0:
            start = _data.rfind(self.START, used, end)
            used = end + len(self.END)
            message = _message(_data[start + 1 : end]) if start >= 0 else b""
            if len(message) >= 3 and self.check_LRC(message[:-1], message[-1]):
                return used, message[0], 0, message[1:-1]
        return used, 0, 0, b""


def _message(digits: bytes) -> bytes:
    try:
        return unhexlify(digits)
    except Error:
        return b""
