"""A curve of few readings has the shape of all of them."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.history.lttb import thin
from gateway.history.protocol import Sample
from gateway.model.reading import Quality

values = st.none() | st.floats(-1e9, 1e9)


def samples(said: list[float | None]) -> list[Sample]:
    return [Sample(at, value, Quality.GOOD) for at, value in enumerate(said)]


@given(st.lists(values, max_size=300), st.integers(3, 60))
def test_the_ends_stay_the_order_stays_and_hardly_more_than_twice_as_many(
    said: list[float | None], most: int
) -> None:
    given_ = samples(said)
    drawn = thin(given_, most)
    assert len(drawn) <= 2 * most + 3  # each side of a gap has three at least, and the ends stay
    assert list(drawn) == sorted(set(drawn), key=lambda sample: sample.taken_at)
    assert set(drawn) <= set(given_)
    if given_:
        assert (drawn[0], drawn[-1]) == (given_[0], given_[-1])
    if len(given_) <= most:
        assert list(drawn) == given_


@given(st.integers(1, 998))
def test_a_single_peak_is_never_lost(peak: int) -> None:
    said: list[float | None] = [0.0] * 1_000
    said[peak] = 50.0
    assert any(sample.value == 50.0 for sample in thin(samples(said), 20))


def test_each_gap_cuts_the_curve() -> None:
    said: list[float | None] = [float(n % 7) for n in range(1_000)]
    for start, length in ((100, 50), (300, 1), (700, 200)):
        said[start : start + length] = [None] * length
    drawn = thin(samples(said), 100)
    assert [sample.taken_at for sample in drawn if sample.value is None] == [100, 300, 700]


def test_of_very_many_gaps_the_longest_stay() -> None:
    said = [None if n % 2 else float(n) for n in range(10_000)]
    said[5_000:5_100] = [None] * 100
    drawn = thin(samples(said), 100)
    assert len(drawn) <= 200
    assert any(sample.value is None and 4_999 <= sample.taken_at <= 5_000 for sample in drawn)
