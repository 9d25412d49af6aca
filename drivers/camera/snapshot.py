"""The picture of a crossing, kept as a JPEG with what crossed and the line drawn in."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from drivers.camera.crossing import Crossing, Place
from gateway.model.clock import Micros, to_datetime

_BOX, _LINE, _EDGE = (0, 0, 255), (0, 255, 255), (0, 0, 0)
"""Blue, green, red. Everything coloured has a black edge, to be seen on any ground."""
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 85]
WIDEST: Final = 960
"""Pixels of a still, which goes to a page every other second."""
_UNFINISHED = ".part"


def save_snapshot(
    folder: Path, camera: str, frame: av.VideoFrame, at: Micros, crossings: Sequence[Crossing]
) -> str:
    """Writes the full picture and returns the file's name, unique for camera and instant.

    The file is whole or not there at all; it is not forced to the disk, as waiting for that would
    delay the alarm. Raises OSError.
    """
    picture: NDArray[np.uint8] = frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    for crossing in crossings:
        _draw(picture, crossing)
    _, jpeg = cv2.imencode(".jpg", picture, _JPEG)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_safe(camera)}-{to_datetime(at):%Y%m%dT%H%M%S.%fZ}.jpg"
    unfinished = path.with_suffix(_UNFINISHED)
    unfinished.write_bytes(jpeg.tobytes())
    unfinished.replace(path)
    return path.name


def still(frame: av.VideoFrame) -> bytes:
    """The picture as a JPEG, at most WIDEST wide."""
    width = min(frame.width, WIDEST)
    height = max(1, frame.height * width // frame.width)
    picture = frame.reformat(width, height, "bgr24").to_ndarray()
    _, jpeg = cv2.imencode(".jpg", picture, _JPEG)
    return jpeg.tobytes()


def sweep(folder: Path, camera: str) -> None:
    """Removes what a killed process left unfinished."""
    for path in folder.glob(f"{_safe(camera)}-????????T*{_UNFINISHED}"):
        path.unlink(missing_ok=True)


def _safe(camera: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", camera)


def _draw(picture: MatLike, crossing: Crossing) -> None:
    left, top, right, bottom = crossing.box
    corners = _pixel(picture, (left, top)), _pixel(picture, (right, bottom))
    ends = _pixel(picture, crossing.tripwire.start), _pixel(picture, crossing.tripwire.end)
    thick = max(1, picture.shape[0] // 360)
    for widen, line, box in ((2, _EDGE, _EDGE), (0, _LINE, _BOX)):
        cv2.line(picture, *ends, line, thick + widen, cv2.LINE_AA)
        cv2.rectangle(picture, *corners, box, thick + widen, cv2.LINE_AA)


def _pixel(picture: MatLike, place: Place) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return round(place[0] * (width - 1)), round(place[1] * (height - 1))
