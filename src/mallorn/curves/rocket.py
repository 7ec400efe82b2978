r"""MiniRocket and MultiROCKET: thousands of fixed convolutions of the curves of an object, compiled.

MiniRocket (Dempster, Schmidt & Webb 2021, KDD, 248) convolves a series with 84 kernels of nine weights. Three weights
are 2 and six are -1. Each kernel has several dilations d,

    C(t) = sum_j w_j x(t + (j - 4) d),    j = 0 .. 8,  x = 0 beyond the ends,

and gives the share of C above each of a few biases b: the proportion of positive values (PPV) of C - b. The biases are
quantiles of C over training series drawn for each kernel and dilation. In a series of several channels, each kernel and
dilation sees the sum of a random set of channels. Every second pair of kernel and dilation looks at all of C, the
others only where the kernel lies within the series.

MultiROCKET (Tan et al. 2022, Data Min. Knowl. Disc. 36, 1623) does the same with the first difference of the series
too, and gives three more numbers for Z = C - b: the mean of its positive values (MPV), the mean of their places (MIPV,
-1 if there are none), and the number of values in its longest stretch of positive ones (LSPV). We follow the paper. Its
code takes the mean of C + b for MPV, and counts a stretch from the value before it, which is below the bias.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numba import float32, int64, njit, void

__all__ = ["KERNELS", "POOLINGS", "Kernels", "dilations_of", "fit_kernels", "number_of_columns", "transform"]

KERNELS = np.array(list(combinations(range(9), 3)), dtype=np.int64)
"""Positions (84, 3) of the three weights that are 2; the others are -1."""

POOLINGS = ("ppv", "mpv", "mipv", "lspv")

_MOST_DILATIONS = 32
_TAPS = 9
_HALF = _TAPS // 2
_MOST_CHANNELS = 9


class Kernels(NamedTuple):
    """Convolutions of series of `length` steps; pair k has dilation k // 84 and kernel k % 84.

    dilation (D,) int; biases (D,) int: number of biases of each kernel with this dilation. start (84 D + 1,) int and
    channel: the channels that pair k sees are `channel[start[k]:start[k + 1]]`. bias (B,) float32, pair by pair.
    """

    length: int
    dilation: np.ndarray
    biases: np.ndarray
    start: np.ndarray
    channel: np.ndarray
    bias: np.ndarray


def dilations_of(length, number):
    """Return (dilation (D,), biases (D,)): the dilations, and the number of biases of each kernel at each of them.

    Dilations are spread evenly in their logarithm, from 1 to the largest at which a kernel still fits into the series.
    There are `number` biases in all, rounded down to a multiple of 84. length: of the series, 9 or more. Raises
    ValueError for a shorter series, or a number below 84.
    """
    if length < _TAPS or number < len(KERNELS):
        raise ValueError(f"expected 9 steps and 84 biases or more, found {length} and {number}")
    each = number // len(KERNELS)
    most = min(each, _MOST_DILATIONS)
    exponents = np.linspace(0.0, np.log2((length - 1) / (_TAPS - 1)), most)
    floors = (2.0**exponents * (1.0 + 1e-12)).astype(np.int64)  # 10, where rounding makes it 9.999...
    dilation, times = np.unique(floors, return_counts=True)
    biases = (times * (each / most)).astype(np.int64)
    biases[: each - biases.sum()] += 1  # what rounding left over: one each for the first ones
    return dilation, biases


def fit_kernels(series, number, rng):
    """Return the `Kernels` with about `number` biases that are fitted to `series` (n, C, L) float32, without NaN.

    rng: numpy random generator, for the sets of channels and for the series whose quantiles are the biases.
    """
    n, channels, length = series.shape
    dilation, biases = dilations_of(length, number)
    pairs = len(dilation) * len(KERNELS)
    size = (2.0 ** rng.uniform(0.0, np.log2(min(channels, _MOST_CHANNELS) + 1), pairs)).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(size)])
    channel = np.concatenate([rng.choice(channels, k, replace=False) for k in size]).astype(np.int64)
    drawn, at = rng.integers(n, size=pairs), _golden(len(KERNELS) * biases.sum())
    bias, begin = np.empty(len(at), dtype=np.float32), 0
    for pair in range(pairs):
        d = pair // len(KERNELS)
        seen = series[drawn[pair]][channel[start[pair] : start[pair + 1]]].sum(axis=0)
        whole = _convolved(seen, KERNELS[pair % len(KERNELS)], dilation[d])
        end = begin + biases[d]
        bias[begin:end] = np.quantile(whole, at[begin:end])
        begin = end
    return Kernels(length, dilation, biases, start, channel, bias)


def _golden(n):
    """Return n shares between 0 and 1 that fill the range evenly: multiples of the golden ratio, modulo 1."""
    return (np.arange(1, n + 1) * ((np.sqrt(5.0) + 1.0) / 2.0)) % 1.0


def _convolved(series, kernel, dilation):
    """Return C (L,) of one series (L,) and a kernel, given by the positions (3,) of its weights of 2."""
    length = len(series)
    padded = np.pad(series.astype(float), _HALF * dilation)
    taps = np.stack([padded[j * dilation : j * dilation + length] for j in range(_TAPS)])
    return 3.0 * taps[kernel].sum(axis=0) - taps.sum(axis=0)


def number_of_columns(kernels, poolings):
    """Return how many columns `transform` makes."""
    return len(kernels.bias) * poolings


def transform(series, kernels, poolings):
    """Return the columns (n, poolings B) float32 that `Kernels` make of `series` (n, C, L) float32.

    poolings: 1 for PPV alone, 4 for all of `POOLINGS` in their order, B columns each. MIPV and LSPV are in steps of the
    series.
    """
    out = np.empty((len(series), number_of_columns(kernels, poolings)), dtype=np.float32)
    if len(series):
        _transform(np.ascontiguousarray(series, dtype=np.float32), *kernels[1:], KERNELS, poolings, out)
    return out


@njit(int64(float32[::1], float32), error_model="numpy")
def _above(values, bias):
    count = 0
    for v in values:
        count += v > bias
    return count


@njit(void(float32[::1], float32, float32[::1]), error_model="numpy", fastmath={"reassoc"})
def _pool(values, bias, pooled):
    """Write PPV, MPV, MIPV and LSPV of values - bias."""
    count, places = 0, 0
    total = float32(0.0)
    for t in range(values.size):
        above = values[t] > bias
        count += above
        places += t * above
        total += max(values[t] - bias, float32(0.0))
    run, longest = 0, 0
    for t in range(values.size):
        run = (run + 1) * (values[t] > bias)
        longest = max(run, longest)
    pooled[0] = count / values.size
    pooled[1] = total / count if count else 0.0
    pooled[2] = places / count if count else -1.0
    pooled[3] = longest


# size: compiled functions take arrays, one argument each
@njit(
    void(
        float32[:, :, ::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[::1], int64[:, ::1], int64,
        float32[:, ::1],
    ),
    cache=True, error_model="numpy",
)  # fmt: skip
def _transform(series, dilation, biases, start, channel, bias, kernels, poolings, out):
    n, channels, length = series.shape
    most = dilation.max() * 4
    padded = np.zeros((channels, length + 2 * most), np.float32)
    total, around = np.zeros(length + 2 * most, np.float32), np.empty((channels, length), np.float32)
    seen, pooled = np.empty(length, np.float32), np.empty(4, np.float32)
    for i in range(n):
        padded[:, most : most + length] = series[i]
        column = 0
        for d in range(dilation.size):
            step = dilation[d]
            reach = 4 * step
            for c in range(channels):
                around[c] = 0.0
                for j in range(9):
                    first = most + (j - 4) * step
                    for t in range(length):
                        around[c, t] += padded[c, first + t]
            for k in range(84):
                pair = 84 * d + k
                first = channel[start[pair]]
                total[most : most + length] = series[i, first]
                seen[:] = -around[first]
                for q in range(start[pair] + 1, start[pair + 1]):
                    total[most : most + length] += series[i, channel[q]]
                    seen -= around[channel[q]]
                a, b, c = most + (kernels[k] - 4) * step
                for t in range(length):
                    seen[t] += float32(3.0) * (total[a + t] + total[b + t] + total[c + t])
                whole = (d + k) % 2 == 0
                inside = seen if whole else seen[reach : length - reach]
                for _ in range(biases[d]):
                    if poolings == 1:
                        out[i, column] = _above(inside, bias[column]) / inside.size
                    else:
                        _pool(inside, bias[column], pooled)
                        for p in range(4):
                            out[i, p * bias.size + column] = pooled[p]
                    column += 1
