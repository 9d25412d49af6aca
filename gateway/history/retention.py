"""How long readings are kept: by the kind of their device."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.model.clock import Micros

DEFAULT = "default"
"""Stands in `kept` for the kinds that are not named there."""


def kept_of(point: str, kinds: Mapping[str, str], kept: Mapping[str, Micros]) -> Micros | None:
    """How long that point's readings are kept; None: for ever. `kinds` is the kind of each device
    by its id; a device that is not there any more is kept as the default."""
    kind = kinds.get(point.rpartition("/")[0], DEFAULT)
    return kept.get(kind, kept.get(DEFAULT))


def cutoffs(
    points: Iterable[str], kinds: Mapping[str, str], kept: Mapping[str, Micros], now: Micros
) -> Mapping[Micros, Sequence[str]]:
    """The points by the instant before which their readings go; without those kept for ever."""
    found: dict[Micros, list[str]] = {}
    for point in points:
        keep = kept_of(point, kinds, kept)
        if keep is not None:
            found.setdefault(now - keep, []).append(point)
    return found
