"""States as durations."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.history.protocol import Sample, Span
from gateway.history.spans import durations, spans_of
from gateway.model.reading import Quality

said = st.tuples(st.sampled_from(["open", "closed", None]), st.sampled_from(Quality))


def test_durations_add_up_each_state() -> None:
    good = Quality.GOOD
    spans = [Span(0, 5, "open", good), Span(5, 6, None, good), Span(6, 9, "open", Quality.STALE)]
    assert durations(spans) == {"open": 8, None: 1}


@given(st.dictionaries(st.integers(10, 99), said), st.none() | said)
def test_spans_cover_the_time_and_say_at_each_instant_what_was_said_last(
    within: dict[int, tuple[str | None, Quality]], before: tuple[str | None, Quality] | None
) -> None:
    samples = [Sample(at, *within[at]) for at in sorted(within)]
    spans = spans_of(None if before is None else Sample(3, *before), samples, 10, 100)
    assert (spans[0].start, spans[-1].end) == (10, 100)
    assert sum(durations(spans).values()) == 90
    for one, other in pairwise(spans):
        assert one.end == other.start
        assert (one.state, one.quality) != (other.state, other.quality)
    last = before or (None, Quality.OFFLINE)
    for at in range(10, 100):
        last = within.get(at, last)
        (here,) = [span for span in spans if span.start <= at < span.end]
        assert (here.state, here.quality) == last
