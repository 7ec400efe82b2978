r"""The posterior of multi-band Gaussian processes about the peaks of their objects, compiled.

`mallorn.gp.predict` has the formulas, and `mallorn.gp.compiled` the recursions, which also solve for the queries: with
Z* = L^-1 K* row by row, a row is used for all sums that need it and then forgotten. Only the point's own passband is
read, and points at the time of the one before need no shift.
"""

# size: compiled functions take arrays, one argument each

import numpy as np
from numba import float64, int64, njit

from mallorn.gp.batch import BLANKS
from mallorn.runtime.arithmetic import bare, exp_of, jit

__all__ = ["posteriors"]

_FORGOTTEN = 300.0


@bare
def _decay(step):
    return exp_of(-step) if step < _FORGOTTEN else 0.0


@bare
def _correlation(x, time, rate, out):
    """Fill out (T,) with the Matern-3/2 correlation in time of a point at scaled time x with `time` (T,), days."""
    for t in range(time.size):
        distance = abs(rate * time[t] - x)
        out[t] = (1.0 + distance) * exp_of(-distance) if distance < _FORGOTTEN else 0.0


@bare
def _shift(one, two, step, decay):
    """Move the origin of sums (n,) over exp(-s) and s exp(-s) by a step."""
    for k in range(one.size):
        two[k] = decay * (two[k] + step * one[k])
        one[k] *= decay


@bare
def _factorise(x, band, noise, v, R, w, d, sums):
    """Fill w (n, 2, B) and the pivots d (n,) of K = L diag(d) L^T; return whether all pivots are positive.

    sums (4, B, B): room.
    """
    bands = len(R)
    aa, ab, ba, bb = sums[0], sums[1], sums[2], sums[3]
    for p in range(bands):
        for q in range(bands):
            aa[p, q], ab[p, q], ba[p, q], bb[p, q] = 0.0, 0.0, 0.0, 0.0
    for i in range(x.size):
        step, own = x[i] - x[i - 1] if i else 0.0, band[i]
        if step > 0.0:
            square = _decay(step) ** 2
            for p in range(bands):
                for q in range(bands):
                    bb[p, q] = square * (bb[p, q] + step * (ab[p, q] + ba[p, q]) + step * step * aa[p, q])
                    ab[p, q] = square * (ab[p, q] + step * aa[p, q])
                    ba[p, q] = square * (ba[p, q] + step * aa[p, q])
                    aa[p, q] *= square
        for p in range(bands):
            w[i, 0, p] = v * (aa[own, p] + ba[own, p])
            w[i, 1, p] = v * (ab[own, p] + bb[own, p])
        d[i] = v + noise[i] - v * (w[i, 0, own] + w[i, 1, own])
        if not d[i] > 0.0:
            return False
        for p in range(bands):
            w[i, 0, p] = (R[own, p] - w[i, 0, p]) / d[i]
            w[i, 1, p] = -w[i, 1, p] / d[i]
        for p in range(bands):
            left, right = d[i] * w[i, 0, p], d[i] * w[i, 1, p]
            for q in range(bands):
                aa[p, q] += left * w[i, 0, q]
                ab[p, q] += left * w[i, 1, q]
                ba[p, q] += right * w[i, 0, q]
                bb[p, q] += right * w[i, 1, q]
    return True


@jit
def _weights(x, band, y, v, w, d, ones, alpha):
    """Fill ones with D^-1 L^-1 1 and alpha with K^-1 (y - mu), both (n,); return mu and its variance."""
    bands, n = w.shape[2], x.size
    f, g = np.zeros((2, bands)), np.zeros((2, bands))
    precision, flux = 0.0, 0.0
    for i in range(n):
        step, own = x[i] - x[i - 1] if i else 0.0, band[i]
        if step > 0.0:
            decay = _decay(step)
            _shift(f[0], f[1], step, decay)
            _shift(g[0], g[1], step, decay)
        alpha[i] = y[i] - v * (f[0, own] + f[1, own])
        one = 1.0 - v * (g[0, own] + g[1, own])
        for p in range(bands):
            f[0, p] += w[i, 0, p] * alpha[i]
            f[1, p] += w[i, 1, p] * alpha[i]
            g[0, p] += w[i, 0, p] * one
            g[1, p] += w[i, 1, p] * one
        ones[i] = one
        precision += one * one / d[i]
        flux += one * alpha[i] / d[i]
    mu = flux / precision
    for p in range(bands):
        f[0, p], f[1, p] = 0.0, 0.0
    for i in range(n - 1, -1, -1):
        alpha[i] = (alpha[i] - mu * ones[i]) / d[i]
        ones[i] /= d[i]
        step = x[i + 1] - x[i] if i < n - 1 else 0.0
        if step > 0.0:
            _shift(f[0], f[1], step, _decay(step))
        total = 0.0
        for p in range(bands):
            total += w[i, 0, p] * (f[0, p] + f[1, p]) + w[i, 1, p] * f[0, p]
        alpha[i] -= v * total
        f[0, band[i]] += alpha[i]
    return mu, 1.0 / precision


@jit
def _brightest(time, x, band, alpha, share, rate, near):
    """Return the first of the times (T,), days, at which the mean summed over some wavelengths is highest.

    share (B,): the summed correlation of each passband with these wavelengths. near (T,): room.
    """
    level = np.zeros(time.size)
    for i in range(x.size):
        _correlation(x[i], time, rate, near)
        weight = alpha[i] * share[band[i]]
        for t in range(time.size):
            level[t] += weight * near[t]
    return time[np.argmax(level)]


@jit
def _peak(time, x, band, alpha, share, rate, steps):
    """Return the time of the peak, days: the brightest of `steps` (T,) about the brightest visit, in the observed span.

    time (n,) sorted days of the points, of which x are the scaled ones.
    """
    visits, count = np.empty(time.size), 0
    for i in range(time.size):
        if i == 0 or time[i] > time[i - 1]:
            visits[count] = time[i]
            count += 1
    visits = visits[:count]
    brightest = _brightest(visits, x, band, alpha, share, rate, np.empty(count))
    tried = np.empty(steps.size)
    for t in range(steps.size):
        tried[t] = min(max(brightest + steps[t], time[0]), time[-1])
    return _brightest(tried, x, band, alpha, share, rate, np.empty(steps.size))


@jit
def _means(time, x, band, alpha, v, mu, rate, R, mean):
    """Fill mean (S, T) at times (T,), days. R (B, S): correlation of the passbands with the wavelengths."""
    near = np.empty(time.size)
    for s in range(len(mean)):
        for t in range(time.size):
            mean[s, t] = mu
    for i in range(x.size):
        _correlation(x[i], time, rate, near)
        for s in range(len(mean)):
            weight = v * alpha[i] * R[band[i], s]
            for t in range(time.size):
                mean[s, t] += weight * near[t]


@bare
def _add(factor, one, two):
    """Add factor * one to two, both (n,)."""
    for k in range(two.size):
        two[k] += factor * one[k]


# one pass over the points, which all sums share
@jit
def _covariances(time, x, band, v, rate, R, w, d, ones, knots, top, Zs, h, variance, lag, of_knots):
    """Fill h (S, T), and what the points take from the covariances: their sums over Z*^T D^-1 Z*.

    variance (S, T) of each prediction; of_knots (K, S, S) between wavelengths at the times number `knots`; lag (S, T)
    of each wavelength between its time number `top` (S,) and all. Zs (S, T): room.
    """
    slots, bands = len(h), w.shape[2]
    near, F = np.empty(time.size), np.zeros((bands, 2, slots * time.size))
    flat, flat_h = Zs.reshape(slots * time.size), h.reshape(slots * time.size)
    flat_variance = variance.reshape(slots * time.size)
    for k in range(flat.size):
        flat_h[k], flat_variance[k] = 1.0, 0.0
    lag[:] = 0.0
    of_knots[:] = 0.0
    for i in range(x.size):
        step, own = x[i] - x[i - 1] if i else 0.0, band[i]
        if step > 0.0:
            decay = _decay(step)
            for p in range(bands):
                _shift(F[p, 0], F[p, 1], step, decay)
        _correlation(x[i], time, rate, near)
        for s in range(slots):
            share, row = v * R[own, s], Zs[s]
            for t in range(time.size):
                row[t] = share * near[t]
        _add(-v, F[own, 0], flat)
        _add(-v, F[own, 1], flat)
        for p in range(bands):
            _add(w[i, 0, p], flat, F[p, 0])
            _add(w[i, 1, p], flat, F[p, 1])
        inverse = 1.0 / d[i]
        _add(-ones[i], flat, flat_h)
        for k in range(flat.size):
            flat_variance[k] += flat[k] * flat[k] * inverse
        for s in range(slots):
            _add(Zs[s, top[s]] * inverse, Zs[s], lag[s])
        for k in range(knots.size):
            for s in range(slots):
                left = Zs[s, knots[k]] * inverse
                for q in range(slots):
                    of_knots[k, s, q] += left * Zs[q, knots[k]]


_VECTOR, _NUMBERS, _MATRIX, _STACK = float64[::1], int64[::1], float64[:, ::1], float64[:, :, ::1]


@njit(
    (_NUMBERS, _VECTOR, _NUMBERS, _VECTOR, _VECTOR, _VECTOR, _VECTOR, _STACK, _STACK, _STACK, _MATRIX, _VECTOR, _MATRIX,
     _NUMBERS, _NUMBERS),
    cache=True, error_model="numpy",
)  # fmt: skip
def posteriors(
    start, time, band, y, noise, rate, variance, correlation, of_slots, among_slots, peak_share, steps, phases, knots,
    window,
):  # fmt: skip
    """Return the posteriors of m objects about their peaks, in the units of a `mallorn.gp.batch.Batch`.

    start (m + 1,), time, band, y, noise (N,): of the batch. rate, variance (m,): w and sigma^2 of each process.
    correlation (m, B, B): of passbands with each other; of_slots (m, B, S) with the S wavelengths that are predicted;
    among_slots (m, S, S): of these. peak_share (m, B): with the wavelengths whose sum defines the peak. steps (Q,):
    days from the brightest visit at which the peak is looked for. phases (m, T): days from the peak that are predicted;
    knots (K,): which of them have covariances; window (W,): within which of them the slots' own peaks are looked for.

    Returned are status (m,), 1 where the covariance is not positive definite, whose other values are NaN; mu (m,); peak
    (m,) days; residuals (N,) over the errors; mean, sd (m, S, T); covariances of the knots (m, K, S, S); the phase of
    each slot's highest mean (m, S) as a place in `window`; and its covariance with the window (m, S, W).
    """
    m, slots, times, bands = variance.size, of_slots.shape[2], phases.shape[1], correlation.shape[1]
    status, constants, peaks = np.zeros(m, np.int8), np.full(m, np.nan), np.full(m, np.nan)
    residuals, covariances = np.full(y.size, np.nan), np.full((m, knots.size, slots, slots), np.nan)
    means, sds = np.full((m, slots, times), np.nan), np.full((m, slots, times), np.nan)
    tops, lags = np.zeros((m, slots), np.int64), np.full((m, slots, window.size), np.nan)
    sums, at, near = np.empty((4, bands, bands)), np.empty(slots, np.int64), np.empty(times)
    room = np.empty((4, slots, times))
    Zs, h, lag, taken = room[0], room[1], room[2], room[3]
    for o in range(m):
        a, b, v = start[o], start[o + 1] - BLANKS, variance[o]
        n, x = b - a, rate[o] * time[a:b]
        w, d, ones, alpha = np.empty((n, 2, bands)), np.empty(n), np.empty(n), np.empty(n)
        if not _factorise(x, band[a:b], noise[a:b], v, correlation[o], w, d, sums):
            status[o] = 1
            continue
        mu, of_mean = _weights(x, band[a:b], y[a:b], v, w, d, ones, alpha)
        constants[o] = mu
        for i in range(n):
            residuals[a + i] = alpha[i] * np.sqrt(noise[a + i])
        peaks[o] = _peak(time[a:b], x, band[a:b], alpha, peak_share[o], rate[o], steps)
        queries = peaks[o] + phases[o]
        _means(queries, x, band[a:b], alpha, v, mu, rate[o], of_slots[o], means[o])
        for s in range(slots):
            for k in range(window.size):
                if means[o, s, window[k]] > means[o, s, window[tops[o, s]]]:
                    tops[o, s] = k
            at[s] = window[tops[o, s]]
        _covariances(
            queries, x, band[a:b], v, rate[o], of_slots[o], w, d, ones, knots, at, Zs, h, taken, lag, covariances[o]
        )
        for s in range(slots):
            for t in range(times):
                sds[o, s, t] = np.sqrt(max(v - taken[s, t] + of_mean * h[s, t] ** 2, 0.0))
            _correlation(rate[o] * queries[at[s]], queries, rate[o], near)
            for k in range(window.size):
                t = window[k]
                lags[o, s, k] = v * near[t] - lag[s, t] + of_mean * h[s, at[s]] * h[s, t]
        for k in range(knots.size):
            t = knots[k]
            for s in range(slots):
                for q in range(slots):
                    free = v * among_slots[o, s, q] + of_mean * h[s, t] * h[q, t]
                    covariances[o, k, s, q] = free - covariances[o, k, s, q]
    return status, constants, peaks, residuals, means, sds, covariances, tops, lags
