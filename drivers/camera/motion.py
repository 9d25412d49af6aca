"""What moves in a picture: its difference from a running average, on a small grey copy."""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from drivers.camera.crossing import Box
from gateway.model.clock import MILLISECOND, SECOND, Micros

Grey = NDArray[np.uint8]
"""height × width, 0 black to 255 white."""

_SMALL_WIDTH = 160
_DIFFERENCE = 15
"""Grey levels. The small picture's noise stays well below: each pixel is the mean of many."""
_FORGET_STILL: Micros = 2 * SECOND
"""Time constant of the average where nothing moves: dusk and clouds are followed."""
_FORGET_MOVING: Micros = 20 * SECOND
"""And where something does: a slow walker leaves no trail, a parked car sinks in in a minute."""
_LIGHT_SWITCH = 0.4
"""More of the picture than this changing at once is light (lamp, infrared, gain), not people."""
_SETTLE: Micros = 500 * MILLISECOND
"""How long pictures are only learnt from, at first and once the light has come to rest."""
_LIGHT_RAMP = _DIFFERENCE / (_FORGET_STILL / SECOND)
"""Grey levels a second of the whole picture's mean that the average could not follow."""
_SMALLEST = 0.0025
"""Part of the picture. A person of one tenth of its height has 0.004."""
_MOST_BOXES = 8
_GROW_X, _GROW_Y = 1, 2
"""Pixels by which blobs grow to join a person's parts, more upwards as people stand."""
_GROW = np.ones((2 * _GROW_Y + 1, 2 * _GROW_X + 1), np.uint8)


class Motion:
    """Finds what moves in one camera's pictures. Start anew with each connection."""

    def __init__(self) -> None:
        self._average: NDArray[np.float32] | None = None
        self._settled_at: Micros = 0
        self._last: Micros = 0

    def step(self, small: MatLike, now: Micros) -> list[Box]:
        """The largest moving boxes in the picture taken at `now`, largest first.

        `small` is as `shrink` gives it, always of one size unless the stream has changed.
        """
        smooth = cv2.blur(small, (3, 3))
        span, self._last = now - self._last, now
        if self._average is None or self._average.shape != smooth.shape:
            self._average, self._settled_at = smooth.astype(np.float32), now + _SETTLE
            return []
        moving = _moving(smooth, self._average)
        settling = now < self._settled_at
        grown = cv2.dilate(moving, _GROW)
        if cv2.countNonZero(grown) > _LIGHT_SWITCH * grown.size or (
            settling and _ramp(smooth, self._average, span) > _LIGHT_RAMP
        ):
            settling, self._settled_at = True, now + _SETTLE
        if settling:
            self._average = smooth.astype(np.float32)
            return []
        still = cv2.bitwise_not(moving)
        cv2.accumulateWeighted(smooth, self._average, _part(span, _FORGET_STILL), still)
        cv2.accumulateWeighted(smooth, self._average, _part(span, _FORGET_MOVING), moving)
        return _boxes(grown)


def shrink(luma: Grey) -> MatLike:
    """The picture about 160 wide; by a whole factor, which is several times faster."""
    height, width = luma.shape
    factor = max(1, width // _SMALL_WIDTH)
    columns, rows = width // factor, height // factor
    whole = luma[: rows * factor, : columns * factor]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


def _part(span: Micros, constant: Micros) -> float:
    return min(1.0, span / constant)


def _ramp(smooth: MatLike, last: NDArray[np.float32], span: Micros) -> float:
    """Grey levels a second by which the whole picture has become brighter or darker."""
    return abs(cv2.mean(smooth)[0] - cv2.mean(last)[0]) / (max(span, MILLISECOND) / SECOND)


def _moving(smooth: MatLike, average: MatLike) -> MatLike:
    """255 where the picture differs from the average."""
    difference = cv2.absdiff(smooth, cv2.convertScaleAbs(average))
    _, moving = cv2.threshold(difference, _DIFFERENCE, 255, cv2.THRESH_BINARY)
    return moving


def _boxes(grown: MatLike) -> list[Box]:
    rows, columns = grown.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(grown)
    blobs = stats[1:]  # the first is what does not move
    blobs = blobs[blobs[:, cv2.CC_STAT_AREA] >= _SMALLEST * grown.size]
    largest = blobs[np.argsort(-blobs[:, cv2.CC_STAT_AREA], kind="stable")][:_MOST_BOXES]
    boxes = []
    for left, top, width, height, _ in largest.tolist():
        right, bottom = left + width, top + height
        boxes.append(
            (
                (left + _GROW_X * (left > 0)) / columns,
                (top + _GROW_Y * (top > 0)) / rows,
                (right - _GROW_X * (right < columns)) / columns,
                (bottom - _GROW_Y * (bottom < rows)) / rows,
            )
        )
    return boxes
