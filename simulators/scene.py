"""What a camera looking along a perimeter wall sees.

Behaviour only: a picture is a function of the instant and the seed, so a scene can be stepped at
any pace and gives the same pictures again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import cos, hypot, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.model.clock import MINUTE, SECOND, Micros, to_datetime

Picture = NDArray[np.uint8]
"""height × width × 3, RGB."""

Place = tuple[float, float]
"""A place in the picture as fractions of its width and height from the top left."""

_SKY_TO_WALL, _WALL_TO_GROUND = 0.34, 0.55
_BODY_HEIGHT = 0.30
_STRIDES_PER_SECOND = 2.0
_NOISE_SIGMA = 1.5
_LIGHT_PERIOD: Micros = 10 * MINUTE
_LIGHT_SWING = 0.06
_TROUSERS, _JACKET, _HAIR, _SHADOW = (38, 42, 58), (70, 34, 36), (96, 66, 52), (60, 62, 56)


class PictureFault(StrEnum):
    """What can be wrong with the picture while the stream itself runs."""

    NONE = "none"
    BLACK = "black"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Walk:
    """A person whose feet go straight and evenly from `origin` to `target`, every `period`."""

    start: Micros
    origin: Place
    target: Place
    duration: Micros
    period: Micros | None = None

    def __post_init__(self) -> None:
        if self.duration <= 0 or (self.period is not None and self.period < self.duration):
            raise ValueError("a walk takes time, and ends before it begins again")

    def feet(self, now: Micros) -> Place | None:
        """Where the feet are, or None while nobody walks."""
        since = now - self.start
        if self.period is not None and since >= 0:
            since %= self.period
        if not 0 <= since <= self.duration:
            return None
        (x, y), (to_x, to_y), part = self.origin, self.target, since / self.duration
        return x + part * (to_x - x), y + part * (to_y - y)

    def crosses(
        self, line_start: Place, line_end: Place, not_before: Micros | None = None
    ) -> Micros | None:
        """The first instant, at `not_before` or later, at which the feet are on that line."""
        part = _part_of_path(self.origin, self.target, line_start, line_end)
        if part is None:
            return None
        crossing = self.start + round(part * self.duration)
        if not_before is None or crossing >= not_before:
            return crossing
        if self.period is None:
            return None
        return crossing + -(-(not_before - crossing) // self.period) * self.period


class Scene:
    """Sky, wall and ground under slowly changing light, and the people of `walks`.

    `fault` may be set at any time. `step` is for one thread at a time.
    """

    def __init__(
        self,
        width: int = 640,
        height: int = 360,
        walks: Sequence[Walk] = (),
        name: str = "camera",
        seed: int = 0,
    ) -> None:
        self.width = width
        self.height = height
        self.fault = PictureFault.NONE
        self._walks = tuple(walks)
        self._name = name
        self._seed = seed
        generator = np.random.default_rng(seed)
        self._backdrop = _backdrop(width, height, generator)
        # Drawn once, twice the needed size: a random cut of it is a new picture's noise.
        self._noise = generator.normal(0, _NOISE_SIGMA, (2 * height, 2 * width, 1)).astype(np.int16)
        self._last = np.zeros((height, width, 3), np.uint8)

    def step(self, now: Micros) -> Picture:
        """The picture at `now`. The caller must not write into it."""
        if self.fault is PictureFault.BLACK:
            return np.zeros_like(self._last)
        if self.fault is PictureFault.NONE:
            self._last = self._picture(now)
        return self._last

    def _picture(self, now: Micros) -> Picture:
        picture = self._backdrop.copy()
        for walk in self._walks:
            feet = walk.feet(now)
            if feet is not None:
                _draw_person(picture, feet, now)
        light = 1 + _LIGHT_SWING * sin(2 * pi * (now % _LIGHT_PERIOD) / _LIGHT_PERIOD)
        lit = cv2.convertScaleAbs(picture, alpha=light) + self._noise_at(now)
        seen: Picture = np.clip(lit, 0, 255).astype(np.uint8)
        _burn_in(seen, f"{self._name}  {to_datetime(now):%Y-%m-%d %H:%M:%S}Z")
        return seen

    def _noise_at(self, now: Micros) -> NDArray[np.int16]:
        cut = np.random.default_rng((self._seed, now % 2**63))
        top, left = cut.integers(self.height), cut.integers(self.width)
        return self._noise[top : top + self.height, left : left + self.width]


def _part_of_path(origin: Place, target: Place, start: Place, end: Place) -> float | None:
    """How far along origin → target, from 0 to 1, it meets start → end; None if it does not."""
    path = (target[0] - origin[0], target[1] - origin[1])
    line = (end[0] - start[0], end[1] - start[1])
    between = (start[0] - origin[0], start[1] - origin[1])
    turn = _cross(path, line)
    if abs(turn) <= 1e-12 * hypot(*path) * hypot(*line):
        return None
    along_path, along_line = _cross(between, line) / turn, _cross(between, path) / turn
    return along_path if 0 <= along_path <= 1 and 0 <= along_line <= 1 else None


def _cross(a: Place, b: Place) -> float:
    return a[0] * b[1] - a[1] * b[0]


def _backdrop(width: int, height: int, generator: np.random.Generator) -> Picture:
    picture = np.empty((height, width, 3), np.uint8)
    wall, ground = int(height * _SKY_TO_WALL), int(height * _WALL_TO_GROUND)
    picture[:wall] = _shade((150, 180, 215), (200, 212, 225), wall)
    picture[wall:ground] = (150, 132, 118)
    picture[ground:] = _shade((120, 128, 104), (142, 146, 120), height - ground)
    course = max(4, height // 36)
    for row, top in enumerate(range(wall, ground, course)):
        cv2.line(picture, (0, top), (width, top), (128, 112, 100), 1)
        for left in range((row % 2) * course, width, 2 * course):
            cv2.line(picture, (left, top), (left, min(top + course, ground)), (136, 119, 106), 1)
    # Tufts give the ground a texture that stands still.
    for x, y in zip(
        generator.integers(0, width, 150), generator.integers(ground, height, 150), strict=True
    ):
        cv2.circle(picture, (int(x), int(y)), 1, (104, 122, 84), -1)
    return picture


def _shade(top: tuple[int, int, int], bottom: tuple[int, int, int], rows: int) -> Picture:
    """rows × 1 × 3, from one colour to the other."""
    return np.linspace(top, bottom, rows).astype(np.uint8)[:, np.newaxis, :]


def _draw_person(picture: Picture, feet: Place, now: Micros) -> None:
    height, width = picture.shape[:2]
    tall = _BODY_HEIGHT * height
    x, y = feet[0] * width, feet[1] * height
    _draw_shadow(picture, (x, y), tall)
    swing = 0.12 * tall * cos(2 * pi * _STRIDES_PER_SECOND * (now % MINUTE) / SECOND)
    thick = max(2, round(0.09 * tall))
    hip = _pixel(x, y - 0.45 * tall)
    for side in (-swing, swing):
        cv2.line(picture, hip, _pixel(x + side, y - thick / 2), _TROUSERS, thick, cv2.LINE_AA)
    chest, half = _pixel(x, y - 0.62 * tall), _pixel(0.13 * tall, 0.23 * tall)
    cv2.ellipse(picture, chest, half, 0, 0, 360, _JACKET, -1, cv2.LINE_AA)
    head = _pixel(x, y - 0.91 * tall)
    cv2.circle(picture, head, max(2, round(0.085 * tall)), _HAIR, -1, cv2.LINE_AA)


def _draw_shadow(picture: Picture, feet: Place, tall: float) -> None:
    """Faint and flat on the ground, to the right: the light comes from the left."""
    shadowed = picture.copy()
    centre, half = _pixel(feet[0] + 0.15 * tall, feet[1]), _pixel(0.22 * tall, 0.03 * tall)
    cv2.ellipse(shadowed, centre, half, 0, 0, 360, _SHADOW, -1, cv2.LINE_AA)
    cv2.addWeighted(shadowed, 0.3, picture, 0.7, 0, dst=picture)


def _pixel(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)


def _burn_in(picture: Picture, text: str) -> None:
    size = picture.shape[0] / 900
    where, font = (6, round(6 + 24 * size)), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, where, font, size, (255, 255, 255), 1, cv2.LINE_AA)
