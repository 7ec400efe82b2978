"""What an observer wants to know first about an object, from the same fits as its features."""

from mallorn.report.candidates import DESCRIBED_BY, MEASURED_BY, described, measured

__all__ = ["FURTHER", "MEASURED_BY", "description"]

_ORDER = (
    "peak_mjd",
    "peak_magnitude",
    "absolute_magnitude",
    "temperature",
    "radius",
    "rise",
    "fade",
    "kind",
    "evidence",
    "flags",
    "n_points",
    "snr",
)


def _described(curves, tables):
    posterior = tables["posterior"]
    named = {name: getattr(posterior, name) for name in ("status", "peak_mjd", "band_peak_flux")}
    return described(curves, named, tables["fits/hypotheses"])


FURTHER = DESCRIBED_BY, _described
"""Argument `further` of `mallorn.families.pipeline.extract_features`."""


def description(made, n):
    """Return the description, {column: (n,)}, from the columns that `extract_features` made with `FURTHER`."""
    columns = {**made, **measured(made, n)}
    return {name: columns[name] for name in _ORDER}
