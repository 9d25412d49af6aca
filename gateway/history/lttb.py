"""Which readings draw a curve: LTTB, with the gaps kept.

Steinarsson 2013, "Downsampling time series for visual representation": of each bucket that reading
which spans the largest triangle with the ones chosen beside it. Peaks stay, means would hide them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tsdownsample import LTTBDownsampler

from gateway.history.protocol import LEAST_PICTURE, Sample


def thin(samples: Sequence[Sample], most: int) -> tuple[Sample, ...]:
    """Of the samples of a NUMBER point, oldest first, those that draw the curve: see `chosen`."""
    times = np.fromiter((sample.taken_at for sample in samples), np.int64, len(samples))
    numbers = (_number(sample) for sample in samples)
    values = np.fromiter(numbers, np.float64, len(samples))
    return tuple(samples[at] for at in chosen(times, values, most).tolist())


def chosen(times: NDArray[np.int64], values: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """The places of about `most` readings, in order; `times` rise, `values` are NaN where nothing
    was known. All when there are no more. The first and the last stay. A gap is told by its first
    reading; of more than most / 4 gaps the longest stay, the others are bridged."""
    if len(times) <= most:
        return np.arange(len(times), dtype=np.intp)
    lttb = LTTBDownsampler()  # type: ignore[no-untyped-call]  # its only untyped line
    known = np.flatnonzero(~np.isnan(values))
    gaps = _gaps(times, known, max(1, most // 4))
    share = max(most - len(gaps), LEAST_PICTURE) / max(len(known), 1)
    kept = [np.array([0, len(times) - 1], np.intp), gaps]
    for run in np.split(known, np.searchsorted(known, gaps)):
        room = max(LEAST_PICTURE, round(len(run) * share))
        if len(run) <= room:
            kept.append(run)
        else:
            here = lttb.downsample(times[run], values[run], n_out=room)
            kept.append(run[here])
    return np.unique(np.concatenate(kept))


def _gaps(times: NDArray[np.int64], known: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """The place of the first reading of each of the `most` longest gaps between known values."""
    before, after = known[:-1], known[1:]
    cut = np.flatnonzero(after - before > 1)
    length = times[after[cut]] - times[before[cut]]
    longest = np.argsort(-length, kind="stable")[:most]
    return np.sort(before[cut][longest] + 1)


def _number(sample: Sample) -> float:
    return sample.value if isinstance(sample.value, float) else float("nan")
