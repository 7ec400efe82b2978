"""What every feature family must hold: one test for all, over all families that there are.

Families read what the library's own fits make of simulated light curves, so the fits are held to the same.
"""

import re
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from feature_inputs import CONFIG, Artifacts, family_modules, flat, jittered, simulated, too_few

from mallorn.families.family import columns, units

MODULES = family_modules()
FAMILIES = {name: module for name, module in MODULES.items() if name in CONFIG["features"]}
SCALE = 4.0  # of fluxes: a power of two, so that scaling itself rounds nothing

UNIT_EXPONENTS = {  # how a value changes with flux: (power of the factor, log10 of the factor added to "dex", ...)
    "": 0, "rad": 0, "d": 0, "mag": 0, "mag/d": 0, "dex": 0, "dex/d": 0, "dex(K)": 0, "ln d": 0, "ln(d)": 0,
    "ln kAngstrom": 0, "ln K": 0, "ln K / 100 d": 0, "1 / 50 d": 0, "K": 0, "uJy": 1, "uJy/d": 1,
}  # fmt: skip
UNIT_OFFSETS = {
    "dex(erg/s)": np.log10(SCALE),
    "dex(erg)": np.log10(SCALE),
    "dex(cm)": 0.5 * np.log10(SCALE),
    "ln uJy": np.log(SCALE),
    "ln uJy d-1/2": np.log(SCALE),
    "ln uJy d-1": np.log(SCALE),
    "ln uJy Mpc2": np.log(SCALE),
}

FLUX_SCALE_EXCEPTIONS = {  # column pattern: (what is added when all fluxes grow by SCALE, None if unknown; reason)
    r"redshift__(absolute_magnitude__.|brightest)": (-2.5 * np.log10(SCALE), "brightness, not a colour"),
    r"(drw|matern|multiband)__ln_likelihood_per_point.*": (-np.log(SCALE), "a density in flux"),
    r"(drw|matern|multiband)__ln_likelihood(__.)?": (None, "a density in flux to the power of the number of points"),
}
KNOWN_WITHOUT_POINTS = {  # column pattern: reason why an object without points has a value
    r"statistics__(all_)?n_points.*|cross_band__matched_.*|decay__(fall|rise)_points": "counts no points",
    r"redshift__redshift": "needs no points",
    r"bazin__.*_(status__.|bands)": "says why there is no fit",
}
OF_DISTANCE = ("dex(erg/s)", "dex(erg)", "dex(cm)", "ln uJy Mpc2")
"""Units of what only a distance can tell."""
JITTER_EXCEPTIONS = {  # column pattern: reason why tiny changes of times may show
    r"bazin__.*": "steps of the package's Levenberg-Marquardt end in other optima where a band says little",
}


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """Return a function of family and variant that gives {column: array}; artifacts are made once for each variant."""
    base = simulated(18, seed=11)
    order = np.random.default_rng(2).permutation(len(base))
    variants = {
        "base": base,
        "shifted": replace(base, mjd=base.mjd + 512.0),
        "scaled": replace(base, flux=SCALE * base.flux, flux_err=SCALE * base.flux_err),
        "jittered": jittered(base, 1e-3, seed=3),
        "permuted": base.take(order),
        "photometric": replace(base, redshift_err=np.full(len(base), 0.05)),
        "few": too_few(),
        "flat": flat(),
        "without redshift": base.without_redshift(),
        "few without redshift": too_few().without_redshift(),
        **{f"single {k}": base.take([k]) for k in range(3)},
    }
    kernels = tmp_path_factory.mktemp("kernels")
    artifacts = {name: Artifacts(lightcurves, lambda: use_kernels(kernels)) for name, lightcurves in variants.items()}

    @cache
    def get(family, variant):
        module = FAMILIES[family]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            inputs = artifacts[variant].inputs(module.NEEDS)
            return module.extract(inputs, CONFIG["features"][family])

    get.order = order
    return get


def use_kernels(folder):
    from mallorn.hypotheses.cache import use_kernels

    use_kernels(folder)


def unit_of(family):
    return units(family, FAMILIES[family].features(CONFIG["features"][family]))


def test_every_family_has_a_block_and_every_block_a_family():
    assert set(MODULES) == set(CONFIG["features"])


@pytest.mark.parametrize("family", FAMILIES)
class TestContract:
    def test_features_are_described(self, family):
        listed = FAMILIES[family].features(CONFIG["features"][family])
        names = columns(family, listed)
        assert len(set(names)) == len(names)
        for feature in listed:
            assert re.fullmatch(r"[a-z0-9_.]+", feature.name, re.IGNORECASE), feature
            assert "__" not in feature.name, feature
            assert feature.unit in UNIT_EXPONENTS | UNIT_OFFSETS, feature
            assert feature.meaning.strip(), feature
            assert "\n" not in feature.meaning, feature
            assert isinstance(feature.source, str), feature  # "" where the definition is this package's own

    def test_columns_are_those_announced(self, family, values):
        found = values(family, "base")
        assert list(found) == list(unit_of(family))
        for name, value in found.items():
            assert value.shape == (18,), name
            assert value.dtype == np.float64, name
            assert not np.isinf(value).any(), name

    def test_most_columns_have_values(self, family, values):
        empty = [name for name, value in values(family, "base").items() if np.isnan(value).all()]
        assert len(empty) < 0.2 * len(unit_of(family)), empty

    def test_too_few_points_give_nan_without_a_warning(self, family, values):
        found = values(family, "few")
        for name, value in found.items():
            assert not np.isinf(value).any(), name
        known = [name for name, value in found.items() if np.isfinite(value[0])]
        assert [name for name in known if not matches(KNOWN_WITHOUT_POINTS, name)] == []

    def test_no_light_curve_brings_a_warning_of_numpy(self, family, values):
        """Nor do the fits: `values` turns every warning into an error."""
        for name, value in values(family, "flat").items():
            assert not np.isinf(value).any(), name

    def test_objects_are_independent_of_order_and_batch(self, family, values):
        base, permuted = values(family, "base"), values(family, "permuted")
        for name, value in base.items():
            np.testing.assert_allclose(permuted[name], value[values.order], rtol=1e-9, atol=1e-12, err_msg=name)
        for k in range(3):
            for name, value in values(family, f"single {k}").items():
                np.testing.assert_allclose(value, base[name][[k]], rtol=1e-9, atol=1e-12, err_msg=name)

    def test_the_kind_of_redshift_does_not_matter(self, family, values):
        """Training redshifts have no error and test redshifts have one: a feature must not tell them apart."""
        for name, value in values(family, "photometric").items():
            np.testing.assert_array_equal(value, values(family, "base")[name], err_msg=name)

    def test_without_a_redshift_nothing_is_made_of_a_distance(self, family, values):
        """All else is there, in the observer's frame; `values` turns warnings into errors."""
        known, units = values(family, "base"), unit_of(family)
        for name, value in values(family, "without redshift").items():
            assert not np.isinf(value).any(), name
            if family == "redshift" or units[name] in OF_DISTANCE:
                assert np.isnan(value).all(), name
            elif np.isfinite(known[name]).all():
                assert np.isfinite(value).mean() > 0.6, name
        for name, value in values(family, "few without redshift").items():
            assert not np.isinf(value).any(), name

    def test_time_shift_changes_nothing(self, family, values):
        assert moved(values(family, "base"), values(family, "shifted"), tolerance=1e-3, share=0.05) == []

    def test_flux_scale_follows_the_unit(self, family, values):
        expected = {}
        for name, unit in unit_of(family).items():
            value = values(family, "base")[name]
            added, _ = matches(FLUX_SCALE_EXCEPTIONS, name) or (UNIT_OFFSETS.get(unit, 0.0), "")
            if added is not None:
                expected[name] = value * SCALE ** UNIT_EXPONENTS.get(unit, 0) + added
        assert moved(expected, values(family, "scaled"), tolerance=1e-3, share=0.05) == []

    def test_the_time_grid_is_not_read(self, family, values):
        """Times moved by 1e-3 d lie on no grid any more; one object in 18 may lie between two optima."""
        names = moved(values(family, "base"), values(family, "jittered"), tolerance=0.02, share=0.06)
        assert [name for name in names if not matches(JITTER_EXCEPTIONS, name)] == []


def matches(patterns, name):
    """Return the entry whose pattern is the whole of `name`, None if there is none."""
    return next((entry for pattern, entry in patterns.items() if re.fullmatch(pattern, name)), None)


def moved(expected, found, tolerance, share):
    """Return the columns of which more than `share` of the objects differ by `tolerance` of the column's spread."""
    names = []
    for name, value in expected.items():
        spread = np.nanstd(value) if np.isfinite(value).any() else 0.0
        with np.errstate(invalid="ignore"):
            far = np.abs(found[name] - value) > tolerance * spread + 1e-9 * np.abs(value)
        if np.mean(far | (np.isnan(value) != np.isnan(found[name]))) > share:
            names.append(name)
    return names
