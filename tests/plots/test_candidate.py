"""Pictures of a candidate's page, of objects that are like none."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.plots.candidate import plot_seds
from mallorn.report.objects import Sed


@pytest.mark.parametrize("temperature_err", [0.1, 30.0, 1e6])
def test_a_temperature_that_nothing_decides_is_drawn_without_a_warning(temperature_err):
    known = {
        "phase": 0.0,
        "wavelength": np.linspace(3600.0, 9700.0, 6),
        "flux": np.full(6, 5.0),
        "error": np.full(6, 0.1),
        "slots": tuple("ugrizy"),
        "temperature": 7000.0,
        "temperature_err": temperature_err,
    }
    sed = Sed(*(known[name] for name in Sed._fields))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_seds(SimpleNamespace(sed=[sed]))
    assert all(np.isfinite(line.get_ydata()).all() for line in figure.axes[0].lines)
