"""What is known of an object: joins of what alerts tell, in any order and any number of times."""

import itertools

import numpy as np
import pytest

from mallorn.watch.objects import POINT, batch_of_objects, digest_of, merged_known, merged_points, objects_in


def points(*rows):
    """Return points of (mjd, flux, seen, band, detected, limit)."""
    made = np.zeros(len(rows), POINT)
    for k, (mjd, flux, seen, band, detected, limit) in enumerate(rows):
        made[k] = (mjd, flux, 1.0, seen, band, detected, limit)
    return made


def drawn(rng):
    """Return the points of an alert: few exposures, so that several tell of the same, with other values."""
    n = int(rng.integers(1, 5))
    nights = rng.choice(4, n, replace=False) + 60000.0
    band, seen = rng.integers(0, 2, n), float(rng.integers(60000, 60003))
    kinds = zip(rng.integers(0, 3, n), rng.integers(-1, 2, n), rng.random(n) < 0.4, strict=True)
    rows = [(mjd + 2e-6 * int(rng.integers(0, 3)), *rest) for mjd, rest in zip(nights, kinds, strict=True)]
    return points(*((m, float(f), seen, b, d, lim) for (m, f, d, lim), b in zip(rows, band, strict=True)))


def test_merging_is_a_join():
    rng = np.random.default_rng(3)
    shrunk = 0
    for _ in range(40):
        alerts = [drawn(rng) for _ in range(3)]
        whole = merged_points(*alerts)
        shrunk += len(whole) < sum(map(len, alerts))
        for one, two, three in itertools.permutations(alerts):
            assert (merged_points(merged_points(one, two), three) == whole).all()
            assert (merged_points(one, merged_points(two, three, two)) == whole).all()
        assert (merged_points(whole, whole) == whole).all()
    assert shrunk > 10


def test_of_one_exposure_the_best_point_stays():
    old = points((60000.0, 5.0, 60000.0, 0, 1, False), (60001.0, 0.0, 60001.0, 0, 0, True))
    new = points((60000.000002, 4.0, 60010.0, 0, 0, False), (60001.0, 9.0, 60000.5, 0, 1, False))
    found = merged_points(old, new, points((60000.0, 7.0, 60000.0, 1, 1, False)))
    assert found["flux"].tolist() == [4.0, 9.0, 7.0]  # the newer one; a measurement, not a limit; another passband
    assert found["detected"].tolist() == [1, 1, 1]
    assert found["limit"].tolist() == [False, False, False]


def test_the_newest_file_counts_and_a_spectrum_before_a_photometric_redshift():
    spectrum = {"redshift": [[1, 60000.0], [0.1, None, "spectroscopic"]], "ra": [[60000.0], 10.0]}
    later = {"redshift": [[0, 60009.0], [0.2, 0.05, "photometric"]], "ra": [[60009.0], 10.5]}
    for found in (merged_known(spectrum, later), merged_known(later, spectrum, later)):
        assert found["redshift"][1] == [0.1, None, "spectroscopic"]
        assert found["ra"][1] == 10.5


def test_a_batch_comes_back_as_it_was():
    one, two = points((60000.0, 5.0, 0.0, 1, 1, False)), points((60001.0, 2.0, 0.0, 0, -1, True))
    known = {"redshift": [[1, 0.0], [0.5, None, "spectroscopic"]], "host_name": [[0.0], "NGC 1"], "ebv": [[0.0], 0.02]}
    batch = batch_of_objects([("a", one, known), ("b", two, {}), ("c", one[:0], {})], ("ztf.g", "ztf.r"))
    found, names = objects_in(batch)
    assert list(found) == ["a", "b", "c"]
    assert [names[code] for code in found["a"][0]["band"]] == ["ztf.r"]
    assert found["b"][0]["limit"].tolist() == [True]
    assert found["c"][0].tolist() == []
    assert {name: value for name, (_, value) in found["a"][1].items()} == {
        "redshift": [0.5, None, "spectroscopic"],
        "host_name": "NGC 1",
        "ebv": 0.02,
    }
    assert found["b"][1] == {}


@pytest.mark.parametrize("name", ["mjd", "flux", "flux_err", "band", "detected", "limit"])
def test_the_digest_tells_what_a_score_depends_on(name):
    first = points((60000.0, 5.0, 60000.0, 0, 0, False), (60000.0, 6.0, 60000.0, 1, 0, False))
    names, known = ("ztf.g", "ztf.r"), {"ra": [[60000.0], 10.0]}
    before = digest_of(first, known, names)
    other = first.copy()
    other["seen"] += 1.0
    assert digest_of(other, {"ra": [[60005.0], 10.0], "alert_id": [[1.0], "7"]}, names) == before
    other[name][0] += 1 if name != "limit" else True
    assert digest_of(merged_points(other), known, names) != before
    assert digest_of(first, {"ra": [[60000.0], 10.1]}, names) != before
    swapped = merged_points(first)
    swapped["band"] = 1 - swapped["band"]
    assert digest_of(merged_points(swapped), known, ("ztf.r", "ztf.g")) == before
