"""Settings of the survey: its passbands, what is believed of its files, and the simulated one."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mallorn.settings.fields import (
    Block,
    Count,
    Decimal,
    NotNegative,
    Positive,
    Range,
    Share,
    Slot,
    block,
    needed,
    value,
    whole,
)

__all__ = ["TYPES", "Ingest", "Passbands", "Simulation"]

Flux = Annotated[float, Field(gt=0, le=1e30)]
Reddening = Annotated[float, Field(ge=0)]
Redshift = Annotated[float, Field(gt=-1)]
Number = whole(ge=0)


class Passband(Block):
    """A passband of a survey of your own."""

    wavelength: Annotated[float, Field(ge=910, le=60000)] = needed("Effective wavelength.", "angstrom")
    zero_point: Decimal = value(
        23.9, "AB magnitude of a flux of 1 in the survey's files; by default they are in microjansky.", "mag"
    )
    slot: Slot | Literal["none"] | None = value(
        None,
        "Slot of the features by passband; none: only the fits use it; null: the slot of nearest wavelength.",
    )


def _blue_to_red(passbands):
    return dict(sorted(passbands.items(), key=lambda item: (item[1].wavelength, item[0])))


Passbands = Annotated[dict[str, Passband], AfterValidator(_blue_to_red)]
"""The passbands of a survey by their names, from blue to red whatever order they are given in."""


class FluxErrors(Block):
    """The errors of fluxes that are believed."""

    min: Annotated[float, Field(ge=1e-30)] = needed("Smallest error.", "uJy")
    max: Flux = needed("Largest error.", "uJy")


class Redshifts(Block):
    """The redshifts that are believed."""

    min: Redshift = needed("Smallest redshift.")
    max: Redshift = needed("Largest redshift.")


class Reddenings(Block):
    """The Galactic reddenings that are believed."""

    min: Reddening = needed("Smallest E(B-V).", "mag")
    max: Reddening = needed("Largest E(B-V).", "mag")


class DustMap(Block):
    """A dust map that you have; its values are multiplied by 0.86, for the E(B-V) that the dust law expects."""

    name: Literal["sfd", "csfd"] = needed(
        "Which map: sfd, Schlegel, Finkbeiner & Davis (1998); csfd, the same without galaxies, Chiang (2023)."
    )
    folder: Annotated[str, Field(min_length=1)] = needed(
        "Folder with the files of the map, named as the package dustmaps names them."
    )


class Ingest(Block):
    """Values of the survey's files that are believed: rows beyond are set aside, values of the logs beyond an error."""

    mjd: Range = block(
        Range,
        "Modified Julian Dates of observations, in days; by default the years 1900 to 2100.",
        min=15020,
        max=88069,
    )
    max_flux: Flux = value(1.0e10, "Largest absolute flux; by default AB magnitude -1.1.", "uJy")
    flux_err: FluxErrors = block(FluxErrors, "Errors of fluxes.", min=1.0e-9, max=1.0e10)
    redshift: Redshifts = block(Redshifts, "Redshifts; photometric ones may scatter below zero.", min=-0.5, max=20.0)
    ebv: Reddenings = block(Reddenings, "Galactic reddening E(B-V).", min=0.0, max=5.0)
    dust_map: DustMap | None = value(
        None,
        "Dust map for objects with a position and without E(B-V): {name: sfd or csfd, folder: its folder}, "
        "read with the package dustmaps; null: they are taken to have no dust.",
    )
    max_set_aside: Share = value(0.5, "Share of a file's rows that may be set aside before the file counts as faulty.")
    rows_of_object: Literal["file", "folder"] | None = value(
        None,
        "Where the rows of an object lie: file, all in one, so that each file is read by itself; folder, in any of its "
        "files; null: as is usual for the format. Not for the source kaggle, as all that follows.",
    )
    limits: Literal["use", "leave out"] = value(
        "use", "Upper limits: use, as a flux of 0 with the error of the limit; leave out, set aside."
    )
    window: Literal["all", "alerts"] = value(
        "all",
        "Points that are kept: all; or alerts, what a stream of alerts holds, from the last non-detection before the "
        "first detection to the last detection. An object of whose points no detections are told keeps all.",
    )
    combine_within: NotNegative = value(
        0.0, "Visits of an object in one passband less than this apart become one point; 0 keeps all.", "d"
    )
    photoz_error: Positive = value(0.05, "Error, divided by 1 + z, of a photometric redshift that comes without one.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Types that labels in the files stand for, such as {SNIa-SALT3: SN Ia}."
    )
    held_out: Share = value(
        0.0, "Share of the labelled objects, drawn by their ids, that are predicted as the test set and not trained on."
    )


TYPES = {
    "AGN": (48, "active galactic nuclei"),
    "SN Ia": (20, "normal type Ia supernovae"),
    "SN Ia-91T-like": (1, "luminous type Ia supernovae like SN 1991T"),
    "SN Ia-91bg-like": (1, "faint type Ia supernovae like SN 1991bg"),
    "SN Ib": (1, "type Ib supernovae"),
    "SN Ic": (2, "type Ic supernovae"),
    "SN Ic-BL": (1, "broad-lined type Ic supernovae"),
    "SN IIb": (1, "type IIb supernovae"),
    "SN II": (8, "type II supernovae"),
    "SN IIP": (2, "type II supernovae with a plateau"),
    "SN IIn": (6, "interacting type II supernovae"),
    "SLSN-I": (4, "superluminous supernovae without hydrogen"),
    "SLSN-II": (1, "superluminous supernovae with hydrogen"),
    "TDE": (25, "tidal disruption events"),
    "KN": (0, "kilonovae"),
    "ILOT": (0, "intermediate-luminosity optical transients"),
    "CART": (0, "calcium-rich transients"),
    "PISN": (0, "pair-instability supernovae"),
    "SN Iax[02cx-like]": (0, "faint, fast type Ia supernovae like SN 2002cx"),
    "CLAGN": (0, "changing-look active galactic nuclei"),
    "dwarf-nova": (0, "dwarf novae"),
    "Mdwarf-flare": (0, "flares of M dwarfs"),
    "uLens": (0, "microlensing by single lenses"),
    "RRL": (0, "RR Lyrae stars"),
    "Cepheid": (0, "Cepheids"),
    "d-Sct": (0, "delta Scuti stars"),
    "EB": (0, "eclipsing binaries"),
}
"""Types of objects that the simulation knows, `mallorn.simulate.types`: (default number, meaning)."""


class Siblings(Block):
    """Mean number of objects made of one event."""

    train: Annotated[float, Field(ge=1)] = value(3.0, "Training objects.")
    test: Annotated[float, Field(ge=1)] = value(7.0, "Test objects.")


class RestSpan(Block):
    """Rest-frame length of the epochs of an event, drawn between two numbers."""

    min: Positive = value(1300.0, "Shortest length.", "d")
    max: Positive = value(1900.0, "Longest length.", "d")


class SimulatedReddening(Block):
    """Distribution of the Galactic reddening E(B-V)."""

    median: Positive = value(0.037, "Median reddening.", "mag")
    scatter: NotNegative = value(0.9, "Standard deviation of its natural logarithm.")


class Simulation(Block):
    """The simulated survey that is used while data_dir is null."""

    survey: str = value("lsst", "The survey whose passbands it has: a shipped one, or one of `surveys`.")
    population: Literal["simple", "diverse"] = value(
        "simple",
        "How events scatter. simple: a law for each type; diverse: as real ones (docs/howto/simulation.md).",
    )
    n_splits: Count = value(8, "Number of split folders, named split_01 and on.")
    sources: dict[str, Number] = Field(
        default_factory=lambda: {name: number for name, (number, _) in TYPES.items()},
        description=f"Number of events of each type: {', '.join(TYPES)}.",
    )
    siblings: Siblings = block(
        Siblings, "Mean number of objects made of one event; each event has at least one in either set."
    )
    start_mjd: Decimal = value(60980.0, "First night, a Modified Julian Date.", "d")
    years: Count = value(10, "Length of the survey.", "yr")
    season_length: Annotated[float, Field(gt=0, le=365)] = value(
        190.0, "Part of the year in which a field is seen.", "d"
    )
    nights_per_season: Positive = value(15.0, "Mean number of nights a season on which a field is visited.")
    deep_fraction: Share = value(0.01, "Share of objects in a deep field.")
    deep_factor: Annotated[float, Field(ge=1)] = value(3.5, "How many times more nights a deep field has.")
    depth: dict[str, Decimal] = Field(
        default_factory=dict,
        description="Median five-sigma depth of a visit in each passband; those not named have the shipped survey's "
        "(docs/howto/surveys.md). Name all passbands of a survey of your own.",
        json_schema_extra={"unit": "AB mag"},
    )
    depth_scatter: NotNegative = value(0.45, "Scatter of the depth from visit to visit.", "mag")
    min_detections: Number = value(8, "Points above five sigma that the survey needs to find an object.")
    rest_span: RestSpan = block(RestSpan, "Rest-frame length of the 1,000 epochs of an event.")
    ebv: SimulatedReddening = block(SimulatedReddening, "Galactic reddening E(B-V).")
    photometric_redshift_error: Positive = value(0.02, "Error of a test object's redshift, divided by 1 + z.")
    missing_fraction: Share = value(0.0018, "Share of points without a flux.")
    empty_band_fraction: Share = value(
        0.006, "Share of objects without a visit in the first passband, and in the last."
    )
