import numpy as np
import pytest
from hypothetical_events import drawn

from mallorn.hypotheses.kernels import evaluate
from mallorn.hypotheses.models import HYPOTHESES, LIGHT_CURVES, SEDS
from mallorn.survey.passbands import SLOT_WAVELENGTHS


def compiled(h, p, x, band, wavelength):
    return evaluate(list(LIGHT_CURVES).index(h.light_curve), list(SEDS).index(h.sed), p, x, band, wavelength)


@pytest.mark.parametrize("h", HYPOTHESES, ids=lambda h: h.name)
@pytest.mark.parametrize("redshift", [0.0, 0.5, 3.0])
def test_compiled_shape_and_derivatives_agree_with_the_definition(h, redshift):
    rng = np.random.default_rng(5)
    x = np.sort(rng.uniform(-80.0, 400.0, 60))
    band = rng.integers(0, 6, 60).astype(np.int8)
    wavelength = SLOT_WAVELENGTHS / (1 + redshift)
    for _ in range(5):
        p = np.concatenate([[rng.uniform(-10, 10)], drawn(h, rng)])
        shape, derivatives = compiled(h, p, x, band, wavelength)

        def definition(q):
            return h.shape(x - q[0], wavelength[band], q[1:, None])

        np.testing.assert_allclose(shape, definition(p), rtol=1e-11, atol=1e-300)
        for k in range(len(p)):
            step = np.zeros(len(p))
            step[k] = 1e-4
            far, near = (definition(p + s * step) - definition(p - s * step) for s in (2, 1))
            expected = (8 * near - far) / 12e-4
            smooth = np.abs(derivatives[k] - expected) <= 1e-7 + 1e-6 * np.abs(shape)
            assert smooth.mean() > 0.95  # all but points within a step of where a form is held or bends
            assert np.abs(derivatives[k] - expected).max() < 0.1 * np.abs(derivatives[k]).max() + 1e-6


@pytest.mark.parametrize("h", HYPOTHESES, ids=lambda h: h.name)
def test_extreme_parameters_stay_finite(h):
    x = np.array([-5000.0, -300.0, 0.0, 300.0, 5000.0])
    band = np.array([0, 1, 2, 3, 5], dtype=np.int8)
    for end in ("low", "high"):
        p = np.array([0.0, *(getattr(q, end) for q in h.parameters)])
        shape, derivatives = compiled(h, p, x, band, SLOT_WAVELENGTHS / 6.0)
        assert np.isfinite(shape).all()
        assert np.isfinite(derivatives).all()
        assert (shape >= 0).all()


def test_exponential_and_logarithm_are_those_of_the_library():
    # the rise exp(-d^2 / 2) and the fall (1 + d / 3)^-0.7 of a flare, over all magnitudes that a fit meets
    phase = np.concatenate([-np.geomspace(1e-8, 37.0, 400), np.geomspace(1e-8, 1e6, 400)])
    p = np.array([0.0, 0.0, np.log(3.0), np.log(0.7)])
    flare = evaluate(0, 0, p, phase, np.zeros(len(phase), np.int8), 1.0 * SLOT_WAVELENGTHS)[0]
    expected = np.where(phase < 0, np.exp(-0.5 * phase**2), (1.0 + np.maximum(phase, 0.0) / 3.0) ** -0.7)
    np.testing.assert_allclose(flare, expected, rtol=3e-13)
