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
_FLAT = 25.0
"""Variance, grey levels squared, below which a picture has no contrast to measure."""
_DARKEST, _BRIGHTEST = 5, 250
"""Grey levels. Beyond them the camera tells light no more: such pixels do not show what it did."""
_FEWEST_COMPARED = 0.5
"""Part of the picture that must tell how the light has changed, for it to be believed."""
_SETTLE: Micros = 500 * MILLISECOND
"""How long pictures are only learnt from, at first and once the light has come to rest."""
_SMALLEST = 0.0025
"""Part of the picture. A person of one tenth of its height has 0.004."""
_MOST_BOXES = 8
_GROW_X, _GROW_Y = 1, 2
"""Pixels by which blobs grow to join a person's parts, more upwards as people stand."""
_GROW = np.ones((2 * _GROW_Y + 1, 2 * _GROW_X + 1), np.uint8)


class Motion:
    """Finds what moves in one camera's pictures. Start anew with each connection."""

    def __init__(self) -> None:
        self._average: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._still: MatLike = np.empty((0, 0), np.uint8)
        self._settled_at: Micros = 0
        self._last: Micros = 0

    def step(self, small: MatLike, now: Micros) -> list[Box]:
        """The largest moving boxes in the picture taken at `now`, largest first.

        `small` is as `shrink` gives it, always of one size unless the stream has changed.
        """
        smooth = cv2.blur(small, (3, 3))
        span, self._last = now - self._last, now
        if self._average.shape != smooth.shape:
            return self._learn_anew(smooth, now + _SETTLE)
        relit = _relit(self._average, smooth, self._still)
        moving = _moving(smooth, relit)
        grown = cv2.dilate(moving, _GROW)
        if (
            cv2.countNonZero(grown) > _LIGHT_SWITCH * grown.size
            or cv2.norm(relit, self._average, cv2.NORM_L1) > _DIFFERENCE * grown.size
        ):
            return self._learn_anew(smooth, now + _SETTLE)
        if now < self._settled_at:
            return self._learn_anew(smooth, self._settled_at)
        self._average, self._still = relit, cv2.bitwise_not(moving)
        cv2.accumulateWeighted(smooth, relit, _part(span, _FORGET_STILL), self._still)
        cv2.accumulateWeighted(smooth, relit, _part(span, _FORGET_MOVING), moving)
        return _boxes(grown)

    def _learn_anew(self, smooth: MatLike, settled_at: Micros) -> list[Box]:
        self._average = smooth.astype(np.float32)
        self._still = np.full(smooth.shape, 255, np.uint8)
        self._settled_at = settled_at
        return []


def shrink(luma: Grey) -> MatLike:
    """The picture about 160 wide; by a whole factor, which is several times faster."""
    height, width = luma.shape
    factor = max(1, width // _SMALL_WIDTH)
    columns, rows = width // factor, height // factor
    whole = luma[: rows * factor, : columns * factor]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


def _part(span: Micros, constant: Micros) -> float:
    return min(1.0, span / constant)


def _relit(average: NDArray[np.float32], smooth: MatLike, still: MatLike) -> NDArray[np.float32]:
    """The average as it would be in the picture's light, so that a lamp, a cloud or the camera's
    own gain moves nothing: least squares of contrast and brightness over what was still.
    """
    compared = cv2.bitwise_and(still, cv2.inRange(smooth, _DARKEST, _BRIGHTEST)) > 0
    then, now = average[compared], smooth[compared].astype(np.float32)
    if then.size < _FEWEST_COMPARED * average.size:
        return average.copy()
    mean, variance = float(then.mean()), float(then.var())
    contrast = float(np.mean((then - mean) * now)) / variance if variance > _FLAT else 1.0
    relit: NDArray[np.float32] = np.clip((average - mean) * contrast + now.mean(), 0, 255)
    return relit


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
