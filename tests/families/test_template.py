from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.families import template
from mallorn.families.family import Inputs, columns
from mallorn.survey.blackbody import planck
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS

PHASE = np.arange(-60.0, 151.0, 3.0)
CONFIG = {
    "enabled": True,
    "window": [-60, 150],
    "temperature": 20000,
    "rise": 15,
    "t0": 45,
    "floor": 0.05,
    "stretch": {"start": 0.25, "stop": 4, "size": 17, "softness": 0.01},
    "parts": [[-60, -25], [-25, 0], [0, 60], [60, 150]],
}
Z = 0.3


def inputs(mean):
    mean = np.asarray(mean, dtype=float)
    n = len(mean)
    ones, empty = np.ones(n), np.empty(0)
    ids = np.array([f"o{k}" for k in range(n)], dtype=object)
    start = np.zeros(n + 1, dtype=np.int64)
    objects = LightCurves(
        ids, ones * Z, ones, ones * 0, ones, start, empty, empty.astype(np.int8), empty, empty, passbands=LSST
    )
    sd = np.full_like(mean, 0.01) * np.nanmax(mean, initial=0)
    return Inputs(objects, {"posterior": SimpleNamespace(phase=PHASE, mean=mean, sd=sd)})


def light_curve(temperature=20000.0, rise=15.0, t0=45.0, stretch=1.0):
    return planck(SLOT_WAVELENGTHS / (1 + Z), temperature)[:, None] * template.tde_shape(PHASE / stretch, rise, t0)


def test_shape_by_hand():
    # e^(-1/2) one width before the peak, 2^(-5/3) one time scale after it.
    np.testing.assert_allclose(template.tde_shape([-15, 0, 45], 15, 45), [0.606531, 1.0, 0.314980], atol=1e-6)


def test_the_template_itself_is_at_no_distance():
    out = template.extract(inputs([3e9 * light_curve()]), CONFIG)
    for name in ("distance", "shape_distance", "color_distance", "stretched_distance", "band_distance__u"):
        assert out[f"template__{name}"][0] == pytest.approx(0, abs=1e-6), name
    assert out["template__ln_stretch"][0] == pytest.approx(0, abs=1e-3)
    assert out["template__excess_fall"][0] == pytest.approx(0, abs=1e-9)
    assert list(out) == columns("template", template.features(CONFIG))


def test_distance_of_equal_amplitudes_by_hand():
    # Equal light curves in all bands: the distance to the SED s is the sine of its angle to (1, 1, 1, 1, 1, 1).
    s = planck(SLOT_WAVELENGTHS / (1 + Z), 20000.0)
    sine = np.sqrt(1 - s.sum() ** 2 / (6 * (s**2).sum()))
    out = template.extract(inputs([np.ones((6, 1)) * template.tde_shape(PHASE, 15, 45)]), CONFIG)
    assert out["template__color_distance"][0] == pytest.approx(sine, rel=1e-6)
    assert out["template__distance"][0] == pytest.approx(sine, rel=1e-6)
    assert out["template__shape_distance"][0] == pytest.approx(0, abs=1e-6)


def test_stretch_is_found():
    out = template.extract(inputs([light_curve(stretch=2.0)]), CONFIG)
    assert out["template__ln_stretch"][0] == pytest.approx(np.log(2), abs=0.03)
    assert out["template__stretched_distance"][0] < 1e-6 < out["template__shape_distance"][0]


def test_colder_and_differently_shaped_are_farther():
    flat = np.ones((6, len(PHASE)))
    out = template.extract(inputs([light_curve(), light_curve(6000.0), flat]), CONFIG)
    assert out["template__color_distance"][1] > 0.2
    assert out["template__shape_distance"][2] > 0.3
    assert out["template__excess_before"][2] > 0.3 > abs(out["template__excess_before"][0])


def test_unknown_where_there_is_no_posterior_or_no_positive_flux():
    out = template.extract(inputs([light_curve(), light_curve() * np.nan, -light_curve()]), CONFIG)
    for name, values in out.items():
        assert np.isfinite(values[0]), name
        assert np.isnan(values[1:]).all(), name
