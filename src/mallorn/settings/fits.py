"""Settings of the models that are fitted to light curves, and of the light curves that they predict."""

from typing import Annotated, Literal

from pydantic import Field, create_model

from mallorn.settings.fields import (
    Block,
    Count,
    Decimal,
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

__all__ = ["Fits", "GaussianProcesses", "Posterior"]


class GaussianProcesses(Block):
    """How Gaussian processes are computed."""

    engine: Literal["compiled", "celerite2"] = value("compiled", "What computes the fits; both give the same to 1e-7.")


class Prior(Block):
    """A normal prior of a parameter's natural logarithm, and the bounds of the fit."""

    median: Positive = needed("Median of the prior.")
    ln_sd: Positive = needed("Standard deviation of the prior, in natural logarithms.")
    lower: Positive = needed("Lowest value that the fit may take.")
    upper: Positive = needed("Highest value that the fit may take.")


_AMPLITUDE = "Amplitude over the larger of the scatter and the median error of the object's fluxes."


def _process(name, meaning, starts, **priors):
    """Return the type of the block of a Gaussian process.

    priors: {parameter: (meaning, median, ln_sd, lower, upper)}. starts: [{parameter: value}].
    """
    title = name.title().replace("_", "")
    ranges = {
        key: (Prior, block(Prior, text, median=median, ln_sd=sd, lower=lower, upper=upper))
        for key, (text, median, sd, lower, upper) in priors.items()
    }
    start = create_model(
        f"{title}Start", __base__=Block, **{key: (Positive, needed(text)) for key, (text, *_) in priors.items()}
    )
    prior = create_model(f"{title}Priors", __base__=Block, **ranges)

    class Process(Block):
        __doc__ = meaning
        priors: prior = block(prior, "Normal prior of each parameter's natural logarithm, and its bounds.")
        starts: listed(start, distinct=False) = Field(
            default_factory=lambda: [start(**one) for one in starts],
            description="Parameters from which every fit starts; the best end is kept.",
        )
        tolerance: Positive = value(
            1.0e-4, "Expected gain of log posterior below which a descent ends and Newton steps polish its end."
        )
        max_iterations: Count = value(60, "Iterations for each start.")
        min_points: Count = value(3, "With fewer points the parameters are the mode of the prior, and flagged.")

    Process.__name__ = Process.__qualname__ = title
    return Process


DRW = _process(
    "drw",
    "Damped random walk of one passband.",
    [{"sigma": 1.0, "tau": 15.0}, {"sigma": 1.0, "tau": 300.0}],
    sigma=(_AMPLITUDE, 1.0, 2.0, 0.0025, 400.0),
    tau=("Damping time, in days of the observed frame.", 100.0, 2.0, 0.5, 30000.0),
)
Matern = _process(
    "matern",
    "Matern-3/2 process of one passband.",
    [{"sigma": 1.0, "length": 15.0}, {"sigma": 1.0, "length": 300.0}],
    sigma=(_AMPLITUDE, 1.0, 2.0, 0.0025, 400.0),
    length=("Length scale in time, in days of the observed frame.", 100.0, 2.0, 1.0, 30000.0),
)
Multiband = _process(
    "multiband",
    "Matern-3/2 process over time and wavelength, all passbands at once.",
    [{"sigma": 1.0, "length": 100.0, "wavelength": 5.0}],
    sigma=(_AMPLITUDE, 1.0, 2.0, 0.0025, 400.0),
    length=("Length scale in time, in days of the observed frame.", 60.0, 2.0, 1.0, 30000.0),
    wavelength=("Length scale in wavelength, in 1000 angstrom.", 3.0, 1.0, 0.2, 30.0),
)


class RandomWalkGrid(Block):
    """Grid of the damped random walk that all passbands share."""

    tau: listed(Positive, distinct=False) = value(
        [5.0, 20.0, 60.0, 150.0, 400.0, 1200.0], "Damping times, rest frame.", "d"
    )
    sigma: listed(Positive, distinct=False) = value(
        [0.05, 0.15, 0.4, 0.8, 1.5, 3.0], "Amplitudes over the scatter of the object's fluxes."
    )
    beta: listed(Decimal, distinct=False) = value(
        [-2.5, -1.5, -0.75, 0.0, 0.75], "Powers of wavelength in the amplitude."
    )


class Hypotheses(Block):
    """Physical hypotheses fitted to the raw points of all passbands."""

    models: listed(str) = value(
        ["tde_fixed", "tde_free", "tde_double", "supernova", "hot_supernova", "achromatic", "drifting_color"],
        "Hypotheses that are fitted: tde_fixed, tde_free, tde_double, supernova, hot_supernova, achromatic, "
        "drifting_color; with each also the one that it refines.",
    )
    error_floor: NotNegative = value(0.05, "Fraction of the flux added to each error in quadrature.")
    epochs: whole(ge=1, le=3) = value(3, "Places on the time axis at which an event is looked for.")
    descents: Count = value(6, "Starting points from which the optimum is looked for.")
    trial_steps: Count = value(15, "Model evaluations in the descent from each starting point.")
    max_steps: Count = value(1000, "Further model evaluations from the best place that these descents reach.")
    tolerance: Positive = value(1.0e-3, "Gain in -2 ln posterior below which a fit has converged.")
    drw: RandomWalkGrid = block(RandomWalkGrid, "Grid of the damped random walk that all passbands share.")


class SemiParametric(Block):
    """Semi-parametric hypotheses: an SED that physics gives, times a Gaussian process in time."""

    models: listed(str) = value(
        [
            "blackbody",
            "drifting_blackbody",
            "parabola",
            "drifting_parabola",
            "cooling_photosphere",
            "walk",
            "offset_parabola",
        ],
        "Hypotheses that are fitted: blackbody, drifting_blackbody, parabola, drifting_parabola, cooling_photosphere, "
        "walk, offset_parabola, dust_echo, flare_in_nucleus; with each also the one that it refines.",
    )
    epoch: str = value(
        "drifting_color", "Hypothesis, among fits.hypotheses.models, from whose t0 the phases of the SED count."
    )
    error_floor: NotNegative = value(0.03, "Fraction of the flux added to each error in quadrature.")
    descents: Count = value(3, "Starting points from which the optimum is looked for.")
    trial_steps: Count = value(8, "Evaluations in the descent from each starting point.")
    max_steps: Count = value(200, "Further evaluations from the best place that these descents reach.")
    tolerance: Positive = value(1.0e-3, "Gain in -2 ln posterior below which a fit has converged.")


class Fits(Block):
    """Models fitted to the light curves of every object."""

    drw: DRW = block(DRW, "Damped random walk of one passband.")
    matern: Matern = block(Matern, "Matern-3/2 process of one passband.")
    multiband: Multiband = block(Multiband, "Matern-3/2 process over time and wavelength, all passbands at once.")
    hypotheses: Hypotheses = block(Hypotheses, "Physical hypotheses fitted to the raw points of all passbands.")
    semi_parametric: SemiParametric = block(SemiParametric, SemiParametric.__doc__)


class Phases(Block):
    """A regular grid of rest-frame days from peak, both ends included."""

    start: Annotated[float, Field(lt=0)] = value(-100.0, "First phase.", "d")
    stop: Positive = value(300.0, "Last phase; a whole number of steps after the first.", "d")
    step: Positive = value(5.0, "Step.", "d")


class Posterior(Block):
    """Light curves of all passbands, predicted about the event's peak."""

    phases: Phases = block(Phases, "Regular grid of rest-frame days from peak.")
    knots: listed(Decimal) = value(
        [-40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 75.0, 100.0, 150.0, 200.0],
        "Rest-frame days from peak at which the covariance over passbands is kept.",
        "d",
    )
    peak_bands: listed(Slot) = value(["g", "r", "i"], "Passbands whose summed mean flux defines the peak.")
    peak_margin: NotNegative = value(10.0, "Largest distance of the peak from the brightest visit.", "d")
    peak_step: Positive = value(0.5, "Resolution of the peak's time.", "d")
    band_peak_window: Window = value(
        [-50.0, 100.0], "Rest-frame days from peak within which each passband's own peak is looked for.", "d"
    )
