r"""The sums of `mallorn.gp.objective`, from recursions compiled for our three models.

Let c_m be the weights that point m leaves behind, and x the scaled times. The kernels need the sums

    a_n = sum_m exp(-(x_n - x_m)) c_m,    b_n = sum_m (x_n - x_m) exp(-(x_n - x_m)) c_m,    m < n,

one of each for every passband (for the random walk a alone). From one point to the next, s later, a becomes exp(-s) a
and b becomes exp(-s) (b + s a): the recursions of Foreman-Mackey et al. (2017, AJ 154, 220, section 5), with the
present point as the origin of time. Nothing cancels, and times need no recentring. A point reads only the sums of its
own passband, where celerite2 treats the rank as dense.

A fit asks for several parameters of each object at once. For one passband their recursions run side by side. Sums over
points are those of `numpy.add.reduceat`, number for number.
"""

# size: compiled functions take arrays, one argument each

from math import exp

import numpy as np
from numba import float64, int64, njit, uint64
from numba.types import Tuple, UniTuple

from mallorn.gp.batch import BLANKS
from mallorn.gp.models import DRW, MultibandMatern32
from mallorn.gp.objective import STEP, Likelihood
from mallorn.runtime.arithmetic import bare
from mallorn.runtime.lanes import eight, lane, load_eight, load_four, store

__all__ = ["COMPILED", "KERNELS"]

_FORGOTTEN = 300.0
"""Scaled time after which nothing of the past is left: exp(-300). Processors are slow at products of such numbers."""

_WALK, _MATERN, _MULTIBAND = 0, 1, 2


class _Compiled:
    """The functions of `mallorn.gp.objective.Engine`, compiled."""

    def likelihoods(self, model, batch, theta):
        return _sums(model, batch, theta, 0.0)[0]

    def derivatives(self, model, batch, theta):
        stepped = theta + STEP * np.eye(theta.shape[1])[:, None, :]
        likelihoods, *derivatives = _sums(model, batch, np.concatenate([theta[None], stepped]), STEP)
        return Likelihood(*(values[0] for values in likelihoods)), *derivatives


COMPILED = _Compiled()


def _sums(model, batch, theta, step):
    """Return the `Likelihood` at theta (L, m, k), gradient and information; see `sums_over_points`."""
    number, m, k = theta.shape
    flat, of_bands, which = theta.reshape(-1, k), [np.empty((0, 0, 0))], np.zeros(number, np.int64)
    process = _WALK if model is DRW else _MATERN
    if model is MultibandMatern32:
        process, of_bands = _MULTIBAND, []
        for j in range(number):
            same = (i for i in range(j) if np.array_equal(theta[i, :, 2], theta[j, :, 2]))
            which[j] = which[i] if (i := next(same, None)) is not None else len(of_bands)
            if which[j] == len(of_bands):
                of_bands.append(model.band_correlation(theta[j].T, batch.wavelength, batch.wavelength))
    rate, variance = (values.reshape(number, m) for values in (model.rate(flat), np.exp(2.0 * flat[:, 0])))
    kept, k = (number, 0) if step == 0.0 else (1, number - 1)
    chi2, d = np.empty((2, kept, len(batch.y)))
    mean, precision, gradient, information = *np.empty((2, kept, m)), np.empty((m, k)), np.empty((m, k, k))
    longest, bands = int(np.diff(batch.start).max()), of_bands[0].shape[1]
    width = -(-bands // 8) * 8
    sums_over_points(
        process, (batch.start, batch.time, batch.band, batch.y, batch.noise),
        (rate, variance, np.stack(of_bands), which), step, (chi2, d, mean, precision, gradient, information),
        (np.empty((3, number, longest)), np.empty((longest, 8)), np.empty((3, 8))),
        (np.empty((2, k + 1, longest)), np.empty((2, longest)), np.empty((3, 64))),
        (np.zeros((4, bands * width)), np.zeros((2, width)), np.zeros((4, width)), np.zeros((bands, width))),
    )  # fmt: skip
    np.log(d, out=d)
    d += chi2
    return Likelihood(batch.sum(d), mean, 1.0 / precision), gradient, information


@bare
def _decays(rate, time, first, decay):
    """Fill decay (n,) with exp(-s) of the scaled steps s before each point; before the first one it is `first`."""
    for i in range(uint64(time.size)):
        step = rate * time[i] - rate * time[i - uint64(1)] if i else _FORGOTTEN
        decay[i] = exp(-step) if step < _FORGOTTEN else 0.0
    decay[0] = first


@bare
def _random_walks(v, decay, y, noise, row, of_y, of_one, d):
    """Fill of_y, of_one = L^-1 [y, 1] and the pivots d, (L, n + blanks) each, for L variances v, up to eight.

    decay (n, 8): from `_decays`. row (8,): room.
    """
    S, f, g = eight(0.0), eight(0.0), eight(0.0)
    for i in range(uint64(y.size)):
        a = load_eight(decay[i], 0)
        S, f, g = S * (a * a), f * a, g * a
        pivot = v + noise[i] - v * v * S
        w = (1.0 - v * S) / pivot
        flux, one = y[i] - v * f, 1.0 - v * g
        _keep(flux, row, of_y, i)
        _keep(one, row, of_one, i)
        _keep(pivot, row, d, i)
        S, f, g = S + pivot * w * w, f + w * flux, g + w * one


@bare
def _materns(v, rate, decay, time, y, noise, row, of_y, of_one, d):
    """See `_random_walks`. rate: of the L processes."""
    zero = eight(0.0)
    aa, ab, bb, fa, fb, ga, gb = zero, zero, zero, zero, zero, zero, zero
    for i in range(uint64(y.size)):
        step, a = zero, load_eight(decay[i], 0)
        if i:
            step = rate * time[i] - rate * time[i - uint64(1)]
        square = a * a
        bb = square * (bb + 2.0 * step * ab + step * step * aa)
        ab = square * (ab + step * aa)
        aa = aa * square
        fb, fa = a * (fb + step * fa), a * fa
        gb, ga = a * (gb + step * ga), a * ga
        wa, wb = v * (aa + ab), v * (ab + bb)
        pivot = v + noise[i] - v * (wa + wb)
        flux, one = y[i] - v * (fa + fb), 1.0 - v * (ga + gb)
        _keep(flux, row, of_y, i)
        _keep(one, row, of_one, i)
        _keep(pivot, row, d, i)
        inverse = 1.0 / pivot
        wa, wb = (1.0 - wa) * inverse, (zero - wb) * inverse
        fa, fb, ga, gb = fa + wa * flux, fb + wb * flux, ga + wa * one, gb + wb * one
        aa, ab, bb = aa + pivot * wa * wa, ab + pivot * wa * wb, bb + pivot * wb * wb


@bare
def _keep(values, row, into, i):
    """Write the first lanes of values to into[:, i]."""
    store(values, row, 0)
    for j in range(uint64(len(into))):
        into[j, i] = row[j]


@bare
def _shift(sums, step, decay):
    """Move the origin of the sums aa, ab, ba, bb (4, n) by a step; see the module's docstring."""
    square = decay * decay
    for k in range(0, sums.shape[1], 8):
        aa, ab, ba, bb = load_eight(sums[0], k), load_eight(sums[1], k), load_eight(sums[2], k), load_eight(sums[3], k)
        store((bb + (ab + ba) * step + aa * (step * step)) * square, sums[3], k)
        store((ab + aa * step) * square, sums[1], k)
        store((ba + aa * step) * square, sums[2], k)
        store(aa * square, sums[0], k)


@bare
def _add(sums, correlation, w, flux, one, pivot, fg):
    """Turn w (2, width) into the weights of a point, and add what it leaves behind to all sums."""
    width, inverse = w.shape[1], 1.0 / pivot
    bands = sums.shape[1] // width
    for p in range(0, width, 8):
        a, b = (load_eight(correlation, p) - load_eight(w[0], p)) * inverse, load_eight(w[1], p) * -inverse
        store(a, w[0], p)
        store(b, w[1], p)
        store(load_eight(fg[0], p) + a * flux, fg[0], p)
        store(load_eight(fg[1], p) + b * flux, fg[1], p)
        store(load_eight(fg[2], p) + a * one, fg[2], p)
        store(load_eight(fg[3], p) + b * one, fg[3], p)
    for q in range(0, width, 8):
        a, b = load_eight(w[0], q), load_eight(w[1], q)
        for p in range(bands):
            left, right, k = pivot * w[0, p], pivot * w[1, p], p * width + q
            store(load_eight(sums[0], k) + a * left, sums[0], k)
            store(load_eight(sums[1], k) + b * left, sums[1], k)
            store(load_eight(sums[2], k) + a * right, sums[2], k)
            store(load_eight(sums[3], k) + b * right, sums[3], k)


@bare
def _multiband(v, rate, R, time, band, y, noise, room, of_y, of_one, d):
    """See `_random_walks`, for one process. R (B, B): correlation of the passbands. room: sums, w, fg, and wide R."""
    sums, w, fg, wide = room
    width, bands = w.shape[1], len(R)
    for k in range(4):
        for p in range(sums.shape[1]):
            sums[k, p] = 0.0
        for p in range(width):
            fg[k, p] = 0.0
    for p in range(bands):
        for q in range(bands):
            wide[p, q] = R[p, q]
    for i in range(uint64(y.size)):
        step = rate * time[i] - rate * time[i - uint64(1)] if i else 0.0
        if step > 0.0:  # many points have the time of the one before
            decay = exp(-step) if step < _FORGOTTEN else 0.0
            _shift(sums, step, decay)
            for p in range(0, width, 8):
                for k in (0, 2):
                    a, b = load_eight(fg[k], p), load_eight(fg[k + 1], p)
                    store((b + a * step) * decay, fg[k + 1], p)
                    store(a * decay, fg[k], p)
        own = band[i]
        begin = own * width
        for p in range(0, width, 8):
            k = begin + p
            store((load_eight(sums[0], k) + load_eight(sums[2], k)) * v, w[0], p)
            store((load_eight(sums[1], k) + load_eight(sums[3], k)) * v, w[1], p)
        pivot = v + noise[i] - v * (w[0, own] + w[1, own])
        flux = y[i] - v * (fg[0, own] + fg[1, own])
        one = 1.0 - v * (fg[2, own] + fg[3, own])
        of_y[i], of_one[i], d[i] = flux, one, pivot
        _add(sums, wide[own], w, flux, one, pivot, fg)


@bare
def _run(a, begin, count):
    """The sum of up to 128 numbers of a (n,) from `begin` on, as numpy makes it."""
    if count < 8:
        total = -0.0
        for i in range(uint64(begin), uint64(begin + count)):
            total += a[i]
        return total
    left, right, whole = load_four(a, begin), load_four(a, begin + 4), begin + count - count % 8
    for i in range(begin + 8, whole, 8):
        left, right = left + load_four(a, i), right + load_four(a, i + 4)
    one = (lane(left, 0) + lane(left, 1)) + (lane(left, 2) + lane(left, 3))
    total = one + ((lane(right, 0) + lane(right, 1)) + (lane(right, 2) + lane(right, 3)))
    for i in range(uint64(whole), uint64(begin + count)):
        total += a[i]
    return total


@bare
def _total(a, stack):
    """The sum of a (n,) as `numpy.add.reduceat` makes it: the first number, and the sum of halves of the others.

    stack (3, 64): room for the number of terms, of those in the right half (0 once it is under way), and left sums.
    """
    counts, rest, sums = stack[0], stack[1], stack[2]
    depth, begin, counts[0] = 0, 1, a.size - 1
    while True:
        while counts[depth] > 128:
            half = int(counts[depth]) // 2
            half -= half % 8
            rest[depth] = counts[depth] - half
            depth += 1
            counts[depth] = half
        value = _run(a, begin, int(counts[depth]))
        begin += int(counts[depth])
        while depth > 0 and rest[depth - 1] == 0.0:
            depth -= 1
            value = sums[depth] + value
        if depth == 0:
            return a[0] + value
        sums[depth - 1], counts[depth], rest[depth - 1] = value, rest[depth - 1], 0.0


@bare
def _constant(of_y, of_one, d, chi2, room, stack):
    """Return the constant mean and its precision; fill chi2 (n,) with the terms r^2 / d.

    room (2, n), stack: see `_total`.
    """
    for i in range(uint64(d.size)):
        weight = of_one[i] / d[i]
        room[0, i], room[1, i] = weight * of_one[i], weight * of_y[i]
    precision, mean = 0.0, 0.0
    for j in range(2):  # one call in the code, which LLVM would put there twice
        precision, mean = mean, _total(room[j], stack)
    mean /= precision
    for i in range(uint64(d.size)):
        r = of_y[i] - mean * of_one[i]
        chi2[i] = r * r / d[i]
    return mean, precision


@bare
def _derivatives(innovations, mean, step, J, terms, stack, gradient, information):
    """Fill gradient (k,) and information (k, k) from innovations (3, k + 1, ..), of which the rows 1 to k are those of
    parameters displaced by step. J (2, k + 1, n), terms (n,), stack: room."""
    k, of_y, of_one, d = len(gradient), innovations[0], innovations[1], innovations[2]
    for i in range(uint64(terms.size)):
        inverse_sd, r = 1.0 / np.sqrt(d[0, i]), of_y[0, i] - mean * of_one[0, i]
        for j in range(k):
            J[0, j, i] = (of_y[j + 1, i] - mean * of_one[j + 1, i] - r) * inverse_sd / step
            J[1, j, i] = (d[j + 1, i] - d[0, i]) / d[0, i] / step
        pull = r * inverse_sd
        J[0, k, i], J[1, k, i] = pull, 1.0 - pull * pull
    for j in range(k):
        for q in range(k + 1):
            if q <= j or q == k:
                for i in range(uint64(terms.size)):
                    terms[i] = J[0, j, i] * J[0, q, i] + 0.5 * J[1, j, i] * J[1, q, i]
                total = _total(terms, stack)
                if q < k:
                    information[j, q] = information[q, j] = total
                else:
                    gradient[j] = total


@bare
def _finish(of_y, of_one, d, n):
    """Fill the blanks after n points; set all to NaN if a pivot is not positive."""
    good = True
    for i in range(uint64(n)):
        good = good and d[i] > 0.0
    for i in range(n, n + BLANKS):
        of_y[i], of_one[i], d[i] = 0.0, 0.0, 1.0
    if not good:
        for i in range(n + BLANKS):
            of_y[i], of_one[i], d[i] = np.nan, np.nan, np.nan


@bare
def _single(process, points, rate, variance, innovations, decay, rows):
    """Fill the rows of innovations (3, L, ..), see `_random_walks`, with up to eight processes of one passband."""
    time, y, noise = points
    for j in range(8):
        of, q = min(j, rate.size - 1), 0
        rows[0, j], rows[1, j] = variance[of], rate[of]
        while q < j and rows[1, q] != rows[1, j]:
            q += 1
        if q == j:
            _decays(rows[1, j], time, 1.0 if process == _MATERN else 0.0, decay[:, j])
        else:
            for i in range(uint64(time.size)):
                decay[i, j] = decay[i, q]
    v, row, of_y, of_one, d = load_eight(rows[0], 0), rows[2], innovations[0], innovations[1], innovations[2]
    if process == _WALK:
        _random_walks(v, decay, y, noise, row, of_y, of_one, d)
    else:
        _materns(v, load_eight(rows[1], 0), decay, time, y, noise, row, of_y, of_one, d)


_ONE, _TWO, _THREE = float64[::1], float64[:, ::1], float64[:, :, ::1]


@njit(
    (int64, Tuple((int64[::1], _ONE, int64[::1], _ONE, _ONE)),
     Tuple((_TWO, _TWO, float64[:, :, :, ::1], int64[::1])), float64, Tuple((_TWO, _TWO, _TWO, _TWO, _TWO, _THREE)),
     Tuple((_THREE, _TWO, _TWO)), Tuple((_THREE, _TWO, _TWO)), UniTuple(_TWO, 4)),
    cache=True, error_model="numpy", _nrt=False,
)  # fmt: skip
def sums_over_points(process, points, processes, step, out, room, of_sums, of_bands):
    """Fill `out` with what the likelihood of m objects takes from their points at L parameters each.

    These are r^2 / d and the pivots d (P, N), 0 and 1 in blanks; the constant mean and its precision (P, m); gradient
    (m, L - 1) and information (m, L - 1, L - 1) of the likelihood. If step is 0, P is L and there are no derivatives.
    Else P is 1, and all parameters but the first are those displaced by step, one each. An object whose covariance is
    not positive definite gets NaN.

    process: number of the model. points: start (m + 1,), time, band, y, noise (N,), see `mallorn.gp.batch.Batch`.
    processes: rate, variance (L, m), and correlation (R, m, B, B) of the passbands, of which `which` (L,) counts. The
    others are room, for objects of up to n rows: innovations (3, L, n), decay (n, 8) and rows (3, 8); J (2, L, n),
    terms (2, n) and a stack (3, 64); and that of `_multiband`.
    """
    start, time, band, y, noise = points
    rate, variance, correlation, which = processes
    chi2, pivots, mean, precision, gradient, information = out
    innovations, decay, rows = room
    J, terms, stack = of_sums
    number, single = len(rate), process != _MULTIBAND
    for o in range(rate.shape[1]):
        a, b = start[o], start[o + 1] - BLANKS
        n, t, f, e2 = b - a + BLANKS, time[a:b], y[a:b], noise[a:b]
        for first in range(0, number if single else 0, 8):
            last = min(first + 8, number)
            here = rate[first:last, o], variance[first:last, o], innovations[:, first:last]
            _single(process, (t, f, e2), *here, decay, rows)
        for j in range(number):
            of_y, of_one, d = innovations[0, j], innovations[1, j], innovations[2, j]
            if not single:
                of_both = correlation[which[j], o]
                _multiband(variance[j, o], rate[j, o], of_both, t, band[a:b], f, e2, of_bands, of_y, of_one, d)
            _finish(of_y, of_one, d, b - a)
            if j < len(chi2):
                mean[j, o], precision[j, o] = _constant(
                    of_y[:n], of_one[:n], d[:n], chi2[j, a : a + n], terms[:, :n], stack
                )
                for i in range(uint64(n)):
                    pivots[j, uint64(a) + i] = d[i]
        if step > 0.0:
            _derivatives(innovations, mean[0, o], step, J[:, :, :n], terms[0, :n], stack, gradient[o], information[o])


KERNELS = (sums_over_points,)
"""The functions that are compiled."""
