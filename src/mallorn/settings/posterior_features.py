"""Settings of the feature families that read the posterior, physical laws and hypotheses."""

from typing import Annotated

from pydantic import Field

from mallorn.settings.fields import (
    Block,
    Decimal,
    Fraction,
    Grid,
    Inside,
    NotNegative,
    Positive,
    Slot,
    Window,
    block,
    listed,
    needed,
    value,
    whole,
)

__all__ = ["Blackbody", "Color", "Decay", "HypothesisFeatures", "Multiband", "RedshiftFeatures", "Template"]

_ENABLED = "Whether the family is made and used."


class RedshiftFeatures(Block):
    """Redshift, absolute magnitudes and luminosities."""

    enabled: bool = value(True, _ENABLED)
    wavelengths: listed(Positive) = value(
        [2500.0, 3500.0, 4500.0, 6000.0], "Rest-frame wavelengths at which the luminosity at peak is taken.", "angstrom"
    )
    phases: listed(Decimal) = value(
        [-20.0, 20.0, 50.0, 100.0],
        "Rest-frame days from peak at which the luminosity is taken; each among posterior.knots, as is 0.",
        "d",
    )
    bands: listed(Slot) = value(["g", "r", "i"], "Passbands summed in it.")


class Multiband(Block):
    """The multi-band Gaussian process and the shape of the light curve that it predicts."""

    enabled: bool = value(True, _ENABLED)
    levels: listed(Inside) = value([0.75, 0.5, 0.25, 0.1], "Fractions of peak at which rise and fall times are taken.")
    area_window: Window = value([-50.0, 150.0], "Rest-frame days from peak over which the area is taken.", "d")


class Color(Block):
    """Colours and their evolution, from the multi-band posterior."""

    enabled: bool = value(True, _ENABLED)
    phases: listed(Decimal) = value(
        [-40.0, -20.0, 0.0, 20.0, 40.0, 75.0, 100.0, 150.0, 200.0],
        "Rest-frame days from peak at which colours are given; each among posterior.knots.",
        "d",
    )
    share_phases: listed(Decimal, 0) = value(
        [0.0, 40.0],
        "Rest-frame days from peak at which each passband's share of the flux is given; each among posterior.knots.",
        "d",
    )
    changes: listed(listed(Decimal, 2, 2, distinct=False), 0, distinct=False) = value(
        [[0.0, 20.0], [0.0, 100.0], [-20.0, 0.0]],
        "Pairs of rest-frame days, each among posterior.knots: colour at the second minus colour at the first.",
        "d",
    )
    evolution: Window = value(
        [0.0, 100.0], "Rest-frame days from peak: knots that give slopes, scatter and monotonicity.", "d"
    )
    energy: Window = value(
        [-40.0, 100.0], "Rest-frame days from peak over which the blue-energy fraction is summed.", "d"
    )
    raw_window: Window = value([-10.0, 15.0], "Rest-frame days about peak: raw points averaged into colours.", "d")
    max_sd: Fraction = value(
        0.95, "Posterior over prior standard deviation of the process above which a colour is unknown."
    )


class TemperaturePrior(Block):
    """Normal prior of the logarithm of the temperature."""

    mean: Positive = value(12000.0, "Temperature at its centre.", "K")
    sd: Positive = value(0.7, "Standard deviation in ln T.")


class Blackbody(Block):
    """Blackbody temperature, radius and luminosity, from the multi-band posterior."""

    enabled: bool = value(True, _ENABLED)
    phases: listed(Decimal) = value(
        [-20.0, 0.0, 20.0, 40.0, 75.0, 100.0, 150.0],
        "Rest-frame days from peak at which the blackbody is given; each among posterior.knots.",
        "d",
    )
    evolution: Window = value([0.0, 100.0], "Rest-frame days from peak: knots that give slopes and means.", "d")
    temperature: Grid = block(
        Grid,
        "Temperatures tried, in K, equally spaced in ln T; a parabola refines the best.",
        start=2500,
        stop=80000,
        size=64,
    )
    temperature_prior: TemperaturePrior = block(TemperaturePrior, "Normal prior of ln T.")
    error_floor: NotNegative = value(0.05, "Fraction of the flux that a blackbody cannot describe.")
    min_snr: Positive = value(3.0, "What a blackbody must reach to be known.", "sigma")
    uv_limit: Positive = value(
        4000.0, "Rest-frame wavelength; passbands below it are compared with a fit to those above.", "angstrom"
    )
    uv_ratio_limit: Annotated[float, Field(gt=1)] = value(
        30.0, "Ratios of ultraviolet flux to the blackbody are kept within this factor of 1."
    )


class Fractions(Block):
    """Fractions that are spaced equally in their logarithm."""

    start: Inside = needed("Lowest value.")
    stop: Inside = needed("Highest value.")
    size: whole(ge=3) = needed("Number of values.")


class Decay(Block):
    """Laws of the fall after and of the rise before peak, on raw points."""

    enabled: bool = value(True, _ENABLED)
    fall: Window = value(
        [-0.3, 200.0], "Rest-frame days from peak: points that show the fall, those at peak included.", "d"
    )
    rise: Window = value(
        [-80.0, 0.3], "Rest-frame days from peak: points that show the rise, those at peak included.", "d"
    )
    error_floor: NotNegative = value(0.05, "Fraction of the flux added to each error in quadrature.")
    min_points: whole(ge=2) = value(4, "Fewest points for a fit.")
    t0: Grid = block(Grid, "Rest-frame days since disruption at peak, spaced in logarithm.", start=5, stop=300, size=16)
    index: Grid = block(Grid, "Index of the free power law, spaced in logarithm.", start=0.5, stop=5, size=8)
    tau: Grid = block(Grid, "E-folding time in rest-frame days, spaced in logarithm.", start=4, stop=500, size=40)
    fraction: Fractions = block(Fractions, "Plateau over peak flux, spaced in logarithm.", start=0.02, stop=0.6, size=5)
    fireball: Grid = block(
        Grid, "Rise time of the t^2 law in rest-frame days, spaced in logarithm.", start=5, stop=120, size=28
    )
    sigma: Grid = block(
        Grid, "Width of the Gaussian rise in rest-frame days, spaced in logarithm.", start=3, stop=80, size=28
    )
    blue_limit: Positive = value(4000.0, "Rest-frame wavelength between blue and red passbands.", "angstrom")


class Stretch(Block):
    """Factors in time by which the template is stretched, spaced in logarithm."""

    start: Positive = value(0.3, "Lowest factor.")
    stop: Positive = value(3.0, "Highest factor.")
    size: whole(ge=2) = value(15, "Number of factors.")
    softness: Positive = value(0.1, "Difference in distance that matters between two factors.")


class Template(Block):
    """Distance of the normalised posterior light curve to a typical tidal disruption event."""

    enabled: bool = value(True, _ENABLED)
    window: Window = value([-60.0, 150.0], "Rest-frame days over which light curve and template are compared.", "d")
    temperature: Positive = value(20000.0, "Blackbody of the template (van Velzen et al. 2021).", "K")
    rise: Positive = value(15.0, "Width of its Gaussian rise, rest frame.", "d")
    t0: Positive = value(45.0, "Time scale of its t^-5/3 fall, rest frame.", "d")
    floor: Positive = value(0.05, "Error of the template over peak flux.")
    stretch: Stretch = block(Stretch, "Factors in time by which the template is stretched, spaced in logarithm.")
    parts: listed(Window, 4, 4) = value(
        [[-60.0, -25.0], [-25.0, 0.0], [0.0, 60.0], [60.0, 150.0]],
        "Rest-frame days of the parts before, rise, fall and late.",
        "d",
    )


_COMPARISONS = (
    "tde_fixed supernova, tde_free supernova, tde_free hot_supernova, hot_supernova supernova, tde_fixed tde_free, "
    "tde_double tde_free, tde_double supernova, tde_double achromatic, drifting_color tde_free, "
    "drifting_color achromatic, drifting_color supernova, drw supernova, drw tde_free, drw tde_double, "
    "drw drifting_color, constant drifting_color, constant drw"
)


_SEMI_COMPARISONS = (
    "blackbody drifting_parabola, blackbody parabola, drifting_blackbody drifting_parabola, "
    "drifting_blackbody blackbody, cooling_photosphere blackbody, cooling_photosphere drifting_parabola, "
    "walk parabola, walk blackbody, offset_parabola parabola, drifting_parabola parabola, walk offset_parabola"
)


class SemiParametricFeatures(Block):
    """Parameters and evidences of physical SEDs times a light curve of any shape."""

    enabled: bool = value(True, _ENABLED)
    models: listed(str, 0) = value(
        [
            "blackbody",
            "drifting_blackbody",
            "parabola",
            "drifting_parabola",
            "cooling_photosphere",
            "walk",
            "offset_parabola",
        ],
        "Hypotheses whose parameters are features; among fits.semi_parametric.models.",
    )
    comparisons: listed(listed(str, 2, 2), 0) = value(
        [pair.split() for pair in _SEMI_COMPARISONS.split(", ")], "Pairs of models whose fits are compared."
    )


class HypothesisFeatures(Block):
    """Parameters, evidences and residuals of physical hypotheses."""

    enabled: bool = value(True, _ENABLED)
    models: listed(str, 0) = value(
        ["tde_fixed", "tde_free", "tde_double", "supernova", "hot_supernova", "achromatic", "drifting_color"],
        "Hypotheses whose parameters are features; among fits.hypotheses.models.",
    )
    residuals: listed(str, 0) = value(
        ["tde_fixed", "tde_free", "supernova", "drifting_color"],
        "Hypotheses whose residuals about the event are features; among models.",
    )
    sampling: listed(str, 0) = value(
        ["drifting_color"], "Hypotheses about whose peak the sampling is described; among models."
    )
    comparisons: listed(listed(str, 2, 2), 0) = value(
        [pair.split() for pair in _COMPARISONS.split(", ")],
        "Pairs whose fits are compared: of fits.hypotheses.models or drw, and constant as the first.",
    )
    competing: listed(str, 0) = value(
        ["tde_free", "tde_fixed", "supernova", "drw"],
        "Those that share out the evidence: of fits.hypotheses.models, or drw.",
    )
