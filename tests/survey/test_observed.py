import numpy as np
import pytest

from mallorn.survey.copies import copy_name, cuts_of, originals
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.observed import enough, observed, seen_in_slots, too_few
from mallorn.survey.passbands import passbands_of_surveys, survey_passbands

MINIMUM = {"points": 6, "detections": 3, "nights": 3}


def curves(*objects, passbands="ztf"):
    """Return light curves of lists of (mjd, band, flux, error)."""
    n = [len(points) for points in objects]
    mjd, band, flux, error = (np.array([p[k] for o in objects for p in o], dtype=float) for k in range(4))
    z = np.full(len(objects), 0.1)
    return LightCurves(
        *(np.array([f"o{k}" for k in range(len(objects))], dtype=object), z, z * np.nan, z * 0, z * 100),
        start=np.concatenate([[0], np.cumsum(n)]),
        mjd=mjd,
        band=band.astype(np.int8),
        flux=flux,
        flux_err=error,
        passbands=survey_passbands(passbands) if isinstance(passbands, str) else passbands,
    )


def test_quantities_are_those_counted_by_hand():
    lc = curves([(100.2, 0, 10.0, 1.0), (100.9, 1, 4.0, 1.0), (103.5, 1, 60.0, 2.0), (110.0, 1, -1.0, 1.0)], [])
    seen = observed(lc)
    assert seen.n_points.tolist() == [4, 0]
    assert seen.n_detections.tolist() == [2, 0]
    assert seen.nights.tolist() == [3, 0]
    assert seen.span[0] == pytest.approx(9.8)
    assert (seen.detected[0], seen.median_error[0], seen.peak[0], seen.snr[0]) == (0.5, 1.0, 60.0, 30.0)
    assert seen.baseline[0] == pytest.approx(7.0 / 60.0)
    assert seen.faint[0] == 0.25  # -1 +- 1, but not 4 +- 1
    assert seen.passbands.tolist() == ["gr", ""]
    # 60 microjansky at 1 + z = 1.1, and at 10 Mpc, a million times as far as 10 pc
    assert seen.absolute_magnitude[0] == pytest.approx(23.9 - 2.5 * np.log10(60.0 / 1.1) - 30.0)
    for name in ("span", "detected", "median_error", "peak", "snr", "baseline", "absolute_magnitude"):
        assert np.isnan(getattr(seen, name)[1])


def test_what_is_too_little_is_said_in_words():
    many = [(100.0 + k, k % 2, 20.0, 1.0) for k in range(8)]
    seen = observed(curves(many, many[:5], [(t, b, 1.0, e) for t, b, _, e in many], [(100.0, *p[1:]) for p in many]))
    assert enough(seen, MINIMUM).tolist() == [True, False, False, False]
    assert too_few(seen, MINIMUM).tolist() == [
        "",
        "too few points: 5 of 6 points",
        "too few points: 0 of 3 detections",
        "too few points: 1 of 3 nights",
    ]


def test_a_flat_line_of_zeros_has_no_detection_and_no_peak():
    seen = observed(curves([(100.0 + k, 0, 0.0, 1.0) for k in range(9)]))
    assert (seen.n_detections[0], seen.peak[0], seen.snr[0]) == (0, 0.0, 0.0)
    assert np.isnan(seen.baseline[0])
    assert not enough(seen, MINIMUM)[0]


def test_copies_are_called_as_their_objects_and_cuts():
    names = np.array([copy_name("a~b c", "alerts"), copy_name("", "forced"), "plain"], dtype=object)
    assert originals(names).tolist() == ["a~b c", "", "plain"]
    assert cuts_of(names).tolist() == ["alerts", "forced", ""]


def test_points_beyond_the_slots_are_left_out_where_enough_others_remain():
    passbands = passbands_of_surveys(["ztf", "uvot"])
    g, far = passbands.index("ztf.g"), passbands.index("uvot.UVW1")
    seen = [(100.0 + k, g, 20.0, 1.0) for k in range(8)]
    beyond = [(100.5 + k, far, 20.0, 1.0) for k in range(8)]
    lc = curves(seen + beyond, seen[:5] + beyond, beyond, seen, passbands=passbands)
    left = seen_in_slots(lc, MINIMUM)
    assert left.n_points.tolist() == [8, 13, 8, 8]
    assert left[0].band.tolist() == [g] * 8
    assert seen_in_slots(left.take([0, 3]), MINIMUM).n_points.tolist() == [8, 8]
    bare = lc.take([3])
    assert seen_in_slots(bare, MINIMUM) is bare
    assert passbands.beyond_slots == ("uvot.UVW2", "uvot.UVM2", "uvot.UVW1")
