"""Who crosses a tripwire: foot points followed from picture to picture.

Only the segment between two consecutive foot points is asked whether it meets the tripwire, so a
runner seen once on either side is found like one who takes ten seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import hypot

from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.site.model import Tripwire

Place = tuple[float, float]
"""A place in the picture as fractions of its width and height from the top left."""

Box = tuple[float, float, float, float]
"""left, top, right, bottom as fractions of the picture."""

_LINGER: Micros = 700 * MILLISECOND
"""How long a track waits for its blob to be seen again."""
_REACH = 0.5
"""How far a blob may have gone since it was first seen: its speed is unknown then."""
_STRAY = 0.15
"""How far from where its speed takes it a blob may be found, plus half of the way itself."""
_SAME_GAP, _SAME_TIME = 0.08, SECOND
"""A second crossing so soon, with no more between the boxes, is one person seen as two blobs."""


class Direction(StrEnum):
    """Which way a tripwire was crossed; gateway.site.model.Tripwire says which is which."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Something in `box` has just crossed `tripwire`."""

    tripwire: Tripwire
    direction: Direction
    box: Box


class Tracker:
    """Follows what moves in one camera's picture and tells each crossing once.

    A track crosses a tripwire at most once, and only after its foot edge has once been clear of
    it: a blob that appears across the line, such as a patch of light, has not come from anywhere.
    """

    def __init__(self, tripwires: Sequence[Tripwire]) -> None:
        self._tripwires = tuple(tripwires)
        self._tracks: list[_Track] = []
        self._recent: list[tuple[Micros, Crossing]] = []

    def step(self, boxes: Sequence[Box], now: Micros) -> list[Crossing]:
        """What the boxes moving in the picture taken at `now` have crossed since the last."""
        self._tracks = [track for track in self._tracks if now - track.seen_at <= _LINGER]
        self._recent = [told for told in self._recent if now - told[0] <= _SAME_TIME]
        crossings = []
        for box, track in self._assign(boxes, now):
            if track is None:
                self._tracks.append(_Track(foot(box), now, self._clear_of(box)))
                continue
            before = track.foot
            track.move(foot(box), now)
            crossings += self._crossed(track, before, box, now)
            track.clear |= self._clear_of(box)
        return crossings

    def _assign(self, boxes: Sequence[Box], now: Micros) -> list[tuple[Box, "_Track | None"]]:
        """Each box with the track it continues, nearest pairs first, or None."""
        pairs = sorted(
            (distance, place, index)
            for index, track in enumerate(self._tracks)
            for place, box in enumerate(boxes)
            if (distance := track.miss(foot(box), now)) is not None
        )
        found: dict[int, int] = {}
        for _, place, index in pairs:
            if place not in found and index not in found.values():
                found[place] = index
        return [
            (box, self._tracks[found[place]] if place in found else None)
            for place, box in enumerate(boxes)
        ]

    def _crossed(self, track: "_Track", before: Place, box: Box, now: Micros) -> list[Crossing]:
        crossings = []
        for tripwire in self._tripwires:
            direction = crossed(tripwire, before, track.foot)
            if direction is None or tripwire.name not in track.clear - track.crossed:
                continue
            track.crossed.add(tripwire.name)
            crossing = Crossing(tripwire, direction, box)
            if not self._is_known(crossing):
                crossings.append(crossing)
                self._recent.append((now, crossing))
        return crossings

    def _is_known(self, crossing: Crossing) -> bool:
        return any(
            known.tripwire.name == crossing.tripwire.name
            and _gap(known.box, crossing.box) <= _SAME_GAP
            for _, known in self._recent
        )

    def _clear_of(self, box: Box) -> set[str]:
        left, _, right, bottom = box
        return {
            tripwire.name
            for tripwire in self._tripwires
            if crossed(tripwire, (left, bottom), (right, bottom)) is None
        }


def foot(box: Box) -> Place:
    """Where what stands in the box touches the ground: the middle of its lower edge."""
    left, _, right, bottom = box
    return (left + right) / 2, bottom


def crossed(tripwire: Tripwire, before: Place, after: Place) -> Direction | None:
    """Which way the straight step `before` → `after` crosses the tripwire, or None.

    A place exactly on the line counts as left of it, so that of the steps of a path through the
    line just one crosses. A tripwire's ends belong to it: who is cut off by the picture's lower
    edge has feet exactly there, and so do lines drawn down to it.
    """
    was_right = _aside(tripwire.start, tripwire.end, before) > 0
    is_right = _aside(tripwire.start, tripwire.end, after) > 0
    if was_right == is_right:
        return None
    if _aside(before, after, tripwire.start) * _aside(before, after, tripwire.end) > 0:
        return None
    return Direction.IN if is_right else Direction.OUT


def _aside(start: Place, end: Place, place: Place) -> float:
    """Above 0 right of start → end as it is seen: the picture's y grows downwards."""
    along, off = (end[0] - start[0], end[1] - start[1]), (place[0] - start[0], place[1] - start[1])
    return along[0] * off[1] - along[1] * off[0]


def _gap(a: Box, b: Box) -> float:
    """The wider of what is between the boxes across and along; 0 if they overlap."""
    return max(0.0, a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def _distance(a: Place, b: Place) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


@dataclass(slots=True)
class _Track:
    """One moving thing: `clear` and `crossed` name the tripwires it was once off, and is over."""

    foot: Place
    seen_at: Micros
    clear: set[str]
    crossed: set[str] = field(default_factory=set)
    velocity: Place | None = None
    """Fractions of the picture per second; None while it has been seen only once."""

    def move(self, foot: Place, now: Micros) -> None:
        seconds = max(now - self.seen_at, MILLISECOND) / SECOND
        self.velocity = (foot[0] - self.foot[0]) / seconds, (foot[1] - self.foot[1]) / seconds
        self.foot, self.seen_at = foot, now

    def miss(self, foot: Place, now: Micros) -> float | None:
        """How far the foot is from where it was expected, None if too far to be this track's."""
        if self.velocity is None:
            distance = _distance(self.foot, foot)
            return distance if distance <= _REACH else None
        seconds = (now - self.seen_at) / SECOND
        way = self.velocity[0] * seconds, self.velocity[1] * seconds
        distance = _distance((self.foot[0] + way[0], self.foot[1] + way[1]), foot)
        return distance if distance <= _STRAY + hypot(*way) / 2 else None
