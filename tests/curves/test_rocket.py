"""MiniRocket and MultiROCKET against a slow, literal implementation, and against cases worked by hand."""

from itertools import combinations

import numpy as np
import pytest

from mallorn.curves import rocket
from mallorn.curves.rocket import KERNELS, Kernels, dilations_of, fit_kernels, number_of_columns, transform
from mallorn.seeds import generator

LENGTH = 19


def series(n, channels, length=LENGTH, seed=1):
    return np.random.default_rng(seed).normal(size=(n, channels, length)).astype(np.float32)


def weights(kernel):
    """Return the nine weights of a kernel."""
    w = np.full(9, -1.0)
    w[list(kernel)] = 2.0
    return w


def pairs(kernels):
    """Yield (number of the pair, its nine weights, dilation, channels, biases, whether it looks at all steps)."""
    begin = 0
    for d, dilation in enumerate(kernels.dilation):
        for k, kernel in enumerate(combinations(range(9), 3)):
            pair, end = 84 * d + k, begin + kernels.biases[d]
            seen = kernels.channel[kernels.start[pair] : kernels.start[pair + 1]]
            yield pair, weights(kernel), int(dilation), seen, kernels.bias[begin:end], (d % 2 + k) % 2 == 0
            begin = end


def convolved(one, w, dilation, channels, whole):
    """Return the sums of products, step by step, zero beyond the ends."""
    length, found = one.shape[1], []
    for t in range(length):
        places = [t + (j - 4) * dilation for j in range(9)]
        if whole or (places[0] >= 0 and places[-1] < length):
            found.append(sum(w[j] * one[c, p] for c in channels for j, p in enumerate(places) if 0 <= p < length))
    return np.array(found)


def pooled(values):
    """Return PPV, MPV, MIPV and LSPV of Z."""
    places = [t for t, z in enumerate(values) if z > 0]
    stretch = max((len(part) for part in "".join("+" if z > 0 else " " for z in values).split()), default=0)
    if not places:
        return 0.0, 0.0, -1.0, 0
    return len(places) / len(values), np.mean(values[places]), np.mean(places), stretch


def literal(data, kernels, poolings):
    """Return what `transform` does, one object, kernel and bias at a time."""
    rows = []
    for one in data.astype(float):
        table = [
            pooled(convolved(one, w, dilation, channels, whole) - bias)
            for _, w, dilation, channels, biases, whole in pairs(kernels)
            for bias in biases
        ]
        rows.append(np.array(table)[:, :poolings].T.ravel())
    return np.array(rows)


@pytest.mark.parametrize(("channels", "number"), [(1, 84), (3, 252), (12, 84)])
def test_columns_are_those_of_the_literal_definition(channels, number):
    data = series(2, channels)
    kernels = fit_kernels(data, number, generator(1, "rocket"))
    # biases are values of these series, up to rounding: away from them, nothing hangs on the last bit
    kernels = kernels._replace(bias=kernels.bias + np.float32(1e-3))
    for poolings in (1, 4):
        found, expected = transform(data, kernels, poolings), literal(data, kernels, poolings)
        assert found.dtype == np.float32
        assert found.shape == expected.shape == (2, number_of_columns(kernels, poolings))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def test_a_step_worked_by_hand():
    """A single 1 at step 4 of nine: the kernel slides over it backwards, its weights are C."""
    data = np.zeros((1, 1, 9), dtype=np.float32)
    data[0, 0, 4] = 1.0
    one = np.ones(84, dtype=np.int64)
    kernels = Kernels(9, np.array([1]), np.array([1]), np.arange(85), 0 * one, np.full(84, 0.5, np.float32))
    found = transform(data, kernels, 4).reshape(4, 84)
    # kernel 0 has its 2s at places 0, 1 and 2 and looks at all steps: C = -1 -1 -1 -1 -1 -1 2 2 2, above 0.5 at 6 to 8
    np.testing.assert_allclose(found[:, 0], [3 / 9, 1.5, 7.0, 3.0], rtol=1e-6)
    # kernel 1, 2s at 0, 1 and 3, looks where it lies within the series, step 4 alone: its middle weight, -1
    np.testing.assert_allclose(found[:, 1], [0.0, 0.0, -1.0, 0.0])
    # kernel 3, 2s at 0, 1 and 5, likewise; and kernel 2, at 0, 1 and 4, has all: C = 2 at 4, 7 and 8
    assert found[0, 3] == 0.0
    np.testing.assert_allclose(found[:, 2], [3 / 9, 1.5, 19 / 3, 2.0], rtol=1e-6)


def test_kernels_are_all_84_of_three_places_and_their_weights_sum_to_zero():
    assert len({tuple(kernel) for kernel in KERNELS}) == len(KERNELS) == 84
    assert all(weights(kernel).sum() == 0.0 for kernel in KERNELS)


@pytest.mark.parametrize(("length", "number"), [(9, 84), (9, 10_000), (81, 10_000), (81, 1250), (700, 10_000)])
def test_dilations_and_biases_are_those_of_the_published_algorithm(length, number):
    """The published code's `_fit_dilations`, but for a last dilation that rounding would take one off."""
    dilation, biases = dilations_of(length, number)
    each = number // 84
    most = min(each, 32)
    exponents = np.linspace(0, np.log2((length - 1) / 8), most)
    expected, times = np.unique((2**exponents + 1e-9).astype(int), return_counts=True)
    counts = (times * (each / most)).astype(int)
    k = 0
    while counts.sum() < each:
        counts[k] += 1
        k = (k + 1) % len(counts)
    assert np.array_equal(dilation, expected)
    assert np.array_equal(biases, counts)
    assert 8 * dilation[-1] < length <= 8 * (dilation[-1] + 1) + 8 * (most < 32) * length


def test_biases_are_quantiles_of_what_the_kernels_see_of_a_drawn_series():
    data = series(1, 2)
    kernels = fit_kernels(data, 84 * 2, generator(2, "rocket"))
    shares = (np.arange(1, len(kernels.bias) + 1) * (1 + 5**0.5) / 2) % 1
    begin = 0
    for pair, w, dilation, channels, biases, _ in pairs(kernels):
        expected = np.quantile(
            convolved(data[0].astype(float), w, dilation, channels, True), shares[begin:][: len(biases)]
        )
        np.testing.assert_allclose(biases, expected, atol=1e-5, err_msg=str(pair))
        begin += len(biases)


def test_channels_in_another_order_give_the_same_columns_to_kernels_that_know_it():
    data, order = series(5, 4), np.array([2, 0, 3, 1])
    kernels = fit_kernels(data, 500, generator(3, "rocket"))
    moved = kernels._replace(channel=np.argsort(order)[kernels.channel])
    assert np.array_equal(transform(data[:, order], moved, 4), transform(data, kernels, 4))
    assert not np.array_equal(transform(data[:, order], kernels, 1), transform(data, kernels, 1))
    # each kernel sees no channel twice
    assert all(len(set(channels)) == len(channels) for _, _, _, channels, _, _ in pairs(kernels))


def test_objects_do_not_depend_on_each_other_and_draws_on_the_seed_alone():
    data = series(6, 3)
    first, again, other = (fit_kernels(data, 300, generator(seed, "rocket")) for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.bias, other.bias)
    whole = transform(data, first, 4)
    assert np.array_equal(np.vstack([transform(data[k : k + 1], first, 4) for k in range(6)]), whole)
    assert transform(data[:0], first, 4).shape == (0, whole.shape[1])


def test_a_series_that_is_too_short_is_told():
    with pytest.raises(ValueError, match="expected 9 steps and 84 biases or more, found 8 and 100"):
        dilations_of(8, 100)
    assert rocket.POOLINGS == ("ppv", "mpv", "mipv", "lspv")
