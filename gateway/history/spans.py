"""The states of a point as durations."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from gateway.history.protocol import Sample, Span
from gateway.model.clock import Micros
from gateway.model.reading import Quality

_Said = tuple[str | None, Quality]

_NOTHING: _Said = (None, Quality.OFFLINE)
"""Before the first reading nobody has heard of the point."""


def spans_of(
    before: Sample | None, samples: Iterable[Sample], start: Micros, end: Micros
) -> tuple[Span, ...]:
    """Spans over [start, end) without gaps or overlaps: `before` is the last sample before `start`,
    `samples` those within, oldest first. What is said again only lengthens its span."""
    changes = list(_changes(before, samples, start))
    edges = [at for at, _ in changes] + [end]
    return tuple(
        Span(left, right, *said)
        for (left, right), (_, said) in zip(pairwise(edges), changes, strict=True)
    )


def durations(spans: Iterable[Span]) -> Mapping[str | None, Micros]:
    """How long each state lasted, all together, whatever its quality; None: nothing was known."""
    total: dict[str | None, Micros] = {}
    for span in spans:
        total[span.state] = total.get(span.state, 0) + span.end - span.start
    return total


def _changes(
    before: Sample | None, samples: Iterable[Sample], start: Micros
) -> Iterator[tuple[Micros, _Said]]:
    """From when on what was said, each different from the one before; the first at `start`."""
    at, said = start, _NOTHING if before is None else _said(before)
    for sample in samples:
        now = _said(sample)
        if now == said:
            continue
        if sample.taken_at > at:
            yield at, said
        at, said = sample.taken_at, now
    yield at, said


def _said(sample: Sample) -> _Said:
    return (sample.value if isinstance(sample.value, str) else None), sample.quality
