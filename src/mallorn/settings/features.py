"""Settings of the feature families that read points and single fits; the others are in `posterior_features`."""

from typing import Annotated

from pydantic import Field

from mallorn.settings.fields import (
    Block,
    Count,
    Decimal,
    Inside,
    NotNegative,
    Pair,
    Positive,
    Share,
    Slot,
    Window,
    block,
    listed,
    value,
    whole,
)
from mallorn.settings.posterior_features import (
    Blackbody,
    Color,
    Decay,
    HypothesisFeatures,
    Multiband,
    RedshiftFeatures,
    SemiParametricFeatures,
    Template,
)

__all__ = ["Features"]


class Family(Block):
    """A feature family without settings of its own."""

    enabled: bool = value(True, "Whether the family is made and used.")


class Statistics(Family):
    """Statistics of each passband's fluxes, signal to noise and cadence."""

    tail: Annotated[float, Field(gt=0, lt=0.2)] = value(0.05, "Quantile that ends the outer percentile range.")
    snr: listed(Positive) = value([3.0, 5.0], "Thresholds above which points are counted.", "sigma")
    negative_snr: Positive = value(3.0, "Points are counted that lie below minus this.", "sigma")


class Smoothing(Block):
    """The smooth curve that is read, of several passbands as one."""

    bands: listed(Slot) = value(["r", "g", "i"], "Passbands combined; the first gives the flux scale.")
    half_width: Positive = value(10.0, "Half-width of the weights, rest frame.", "d")
    factor_sd: Positive = value(0.5, "Standard deviation of a passband's factor about 1, before the data.")
    rounds: Count = value(2, "How often curve and factors are fitted in turn.")


class ShapeGrid(Block):
    """Rest-frame days from peak, stop included, at which inflections and flat parts are read."""

    start: Annotated[float, Field(le=0)] = value(-60.0, "First phase.", "d")
    stop: Positive = value(150.0, "Last phase.", "d")
    step: Positive = value(10.0, "Step.", "d")


class Plateau(Block):
    """What counts as a flat part."""

    floor: NotNegative = value(0.1, "Fraction of peak above which a flat part is bright enough.")
    slope: Positive = value(0.002, "Fraction of peak per rest-frame day below which it is flat.", "1/d")


class Shape(Family):
    """Shape of the light curve, from a smooth curve of several passbands."""

    smoothing: Smoothing = block(Smoothing, "The smooth curve that is read.")
    peak_sigma: NotNegative = value(2.0, "The peak is where flux less this many errors is largest.")
    levels: listed(Inside) = value(
        [0.75, 0.5, 0.2, 0.1], "Fractions of peak at which rise, fade, duration and asymmetry are taken."
    )
    stretch: listed(Inside, 3, 3) = value(
        [0.75, 0.5, 0.2], "Three of levels, falling, between which the slowing of the fade is taken."
    )
    duty_level: Inside = value(0.2, "One of levels; the share of time above it is taken.")
    prominence: Positive = value(0.2, "Fraction of peak by which another peak must stand out.")
    prominence_sigma: NotNegative = value(3.0, "Errors by which another peak must stand out.")
    window: Window = value([-100.0, 200.0], "Rest-frame days from peak over which smoothness is read.", "d")
    grid: ShapeGrid = block(ShapeGrid, "Rest-frame days from peak at which inflections and flat parts are read.")
    least_change: NotNegative = value(0.03, "Fraction of peak below which changes and bends count as none.")
    plateau: Plateau = block(Plateau, "What counts as a flat part.")
    phases: listed(Decimal, 2, rising=True) = value(
        [-200.0, -100.0, -50.0, -20.0, -10.0, 10.0, 20.0, 40.0, 70.0, 110.0, 200.0, 400.0],
        "Rest-frame days from peak between which mean fluxes are taken.",
        "d",
    )
    bright_snr: listed(Positive) = value(
        [3.0, 5.0], "What the first and last bright point of a passband exceed.", "sigma"
    )


class BazinFit(Block):
    """Fits of the Bazin model."""

    min_points: whole(ge=6) = value(7, "Fewest points of a passband for a fit.")
    iterations: Count = value(30, "Steps of Levenberg-Marquardt.")


class VillarFit(Block):
    """Fits of the Villar model."""

    min_points: whole(ge=8) = value(12, "Fewest points of a passband for a fit.")
    iterations: Count = value(20, "Steps of Levenberg-Marquardt.")


class Bazin(Family):
    """Bazin and Villar models of each passband.

    Off by default: fits of faint passbands change under tiny changes of times, and the ablation shows no gain.
    """

    enabled: bool = value(False, "Whether the family is made and used.")
    min_snr: Decimal = value(3.0, "What a passband's brightest point must reach for a fit.", "sigma")
    times: listed(Positive, 2, 2, rising=True) = value(
        [1.0, 1000.0], "Rest-frame days to which time scales are clipped.", "d"
    )
    consistency: listed(Slot, 2) = value(["g", "r", "i"], "Passbands whose fits are compared, from blue to red.")
    min_explained: Annotated[float, Field(lt=1)] = value(
        0.5, "Share of the chi-square about a constant that a fit must explain to be compared."
    )
    bazin: BazinFit = block(BazinFit, "Fits of the Bazin model.")
    villar: VillarFit = block(VillarFit, "Fits of the Villar model.")


class StructureFunction(Family):
    """Structure function of each passband."""

    lags: listed(NotNegative, 2, rising=True) = value(
        [0.0, 30.0, 100.0, 300.0], "Edges of the bins of lags, rest frame.", "d"
    )
    min_pairs: Count = value(3, "Pairs of points below which a bin is unknown.")
    reference: Positive = value(100.0, "Lag at which the amplitude of the power law is given, rest frame.", "d")


class Lags(Block):
    """The discrete correlation function of two passbands."""

    reach: Positive = value(45.0, "Longest lag, rest frame.", "d")
    step: Positive = value(10.0, "Width of a bin of lags, rest frame.", "d")
    min_pairs: Count = value(5, "Fewest pairs of points in a bin.")
    centroid: Share = value(0.8, "Fraction of the highest correlation above which lags enter the centroid.")


class CrossBand(Family):
    """Correlation, lag and flux ratio of pairs of passbands."""

    pairs: listed(Pair) = value([["g", "r"], ["r", "i"], ["g", "i"], ["i", "z"]], "Pairs of passbands.")
    match: Positive = value(3.0, "Rest-frame days within which points of two passbands count as simultaneous.", "d")
    min_matched: whole(ge=3) = value(4, "Simultaneous points below which a pair is unknown.")
    lags: Lags = block(Lags, "The correlation over lags.")


class Outside(Family):
    """What the light curve does away from the main event."""

    event: Window = value([-60.0, 200.0], "Rest-frame days from peak that belong to the event.", "d")
    bands: listed(Slot) = value(["g", "r", "i", "z"], "Passbands that are pooled.")
    snr: Positive = value(5.0, "What points must exceed to be counted.", "sigma")
    min_points: whole(ge=2) = value(3, "Points below which a side is unknown.")


class Age(Block):
    """How old an event is, and whether its peak has been seen."""

    enabled: bool | None = value(
        None, "Whether the family is made and used; null where models of young objects are (augmentations.early)."
    )
    detections: Count = value(2, "Detections that make a survey report an object.")
    snr: Positive = value(5.0, "What points must exceed to be detections, where their file does not say.", "sigma")
    back: Positive = value(10.0, "Rest-frame days before the last point over which the slope is taken.", "d")
    bands: listed(Slot) = value(["g", "r", "i"], "Slots of passbands whose posterior fluxes are summed.")


class Features(Block):
    """One block for each feature family; those of plug-ins come after these."""

    statistics: Statistics = block(Statistics, "Statistics of each passband's fluxes, signal to noise and cadence.")
    shape: Shape = block(Shape, "Shape of the light curve, from a smooth curve of several passbands.")
    bazin: Bazin = block(Bazin, Bazin.__doc__)
    structure_function: StructureFunction = block(StructureFunction, "Structure function of each passband.")
    cross_band: CrossBand = block(CrossBand, "Correlation, lag and flux ratio of pairs of passbands.")
    outside: Outside = block(Outside, "What the light curve does away from the main event.")
    redshift: RedshiftFeatures = block(RedshiftFeatures, "Redshift, absolute magnitudes and luminosities.")
    drw: Family = block(Family, "Damped random walks of single passbands.")
    matern: Family = block(Family, "Matern-3/2 processes of single passbands.")
    gp_vs_drw: Family = block(Family, "Matern-3/2 processes against damped random walks.")
    multiband: Multiband = block(Multiband, Multiband.__doc__)
    color: Color = block(Color, Color.__doc__)
    blackbody: Blackbody = block(Blackbody, Blackbody.__doc__)
    decay: Decay = block(Decay, Decay.__doc__)
    template: Template = block(Template, Template.__doc__)
    hypotheses: HypothesisFeatures = block(HypothesisFeatures, HypothesisFeatures.__doc__)
    semi_parametric: SemiParametricFeatures = block(SemiParametricFeatures, SemiParametricFeatures.__doc__)
    age: Age = block(Age, Age.__doc__)
