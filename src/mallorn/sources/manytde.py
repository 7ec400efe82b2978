"""Real tidal disruption events of the manyTDE collection (github.com/sjoertvv/manyTDE): one JSON file per event.

lightcurve.data holds rows [MJD, filter, flux, error] in the order of lightcurve.header, in jansky, with the host
subtracted, not corrected for Galactic dust. Filters have names NAME.INSTRUMENT: g.ztf, o.atlas, UVW1.uvot, g.ps,
r.sdss, g.decam. Filters of unknown instruments (W1.wise, NUV, F125LP, g.sm, ...) are set aside with their names.

`path`: a file, or a folder of *.json. Settings, all optional: passbands ({filter: passband, or None to leave it out}),
max_megabytes (of a file, 200), rows_in_memory.
"""

import math

import numpy as np

from mallorn.errors import DataError
from mallorn.sources.events import Event, event_batches, mjd_rows
from mallorn.sources.json_files import files_of, number, read_json
from mallorn.sources.passband_names import passband, passbands
from mallorn.sources.rows import Reasons

__all__ = ["ABOUT", "batches"]

FILES = r"\.json(\.gz)?$"
SURVEYS = ("ztf", "atlas", "uvot", "ps1", "sdss", "des", "lsst")
SETTINGS = ("passbands", "max_megabytes", "rows_in_memory")
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

ABOUT = {
    "format": "manyTDE",
    "time": "MJD UTC",
    "flux": "difference",
    "dust": "not corrected",
    "source": "manyTDE: cite the collection and the papers of the events",
}
COLUMNS = ("mjd", "filter", "flux_Jy", "e_flux_Jy")
INSTRUMENTS = {"ztf": "ztf", "atlas": "atlas", "uvot": "uvot", "ps": "ps1", "sdss": "sdss", "decam": "des"}
INSTRUMENTS |= {"lsst": "lsst"}
"""The collection's names of instruments, and the names here. g.ztf and r.ztf of events before 2018 are PTF's."""


def batches(path, settings):
    """Yield `Batch`es of whole events; raise DataError for a file that is not one of manyTDE."""
    files = files_of(path, (".json",))
    yield from event_batches((_event(file, settings) for file in files), ABOUT, settings)


def _event(path, settings):
    event = read_json(path, settings, dict)
    name = event.get("name")
    if not isinstance(name, str) or not name:
        raise DataError.at(
            path, column="name", expected="the event's name", found=repr(name)[:60], fix="check that it is of manyTDE"
        )
    curve = event.get("lightcurve")
    if not isinstance(curve, dict) or not isinstance(curve.get("data"), list):
        raise DataError.at(
            path, column="lightcurve", expected="an object with a list 'data'", found="none", fix="fetch the file anew"
        )
    return Event(name, _rows(path, name, curve, settings), _known(event))


def _rows(path, name, curve, settings):
    header = curve.get("header", list(COLUMNS))
    missing = [column for column in COLUMNS if not isinstance(header, list) or column not in header]
    if missing:
        raise DataError.at(
            path,
            column="lightcurve.header",
            expected=f"the columns {', '.join(COLUMNS)}",
            found=repr(header)[:120],
            fix="use the collection's version 0.6, whose fluxes are in Jy",
        )
    data = curve["data"]
    mjd, filters, flux, error = ([_cell(row, header.index(column)) for row in data] for column in COLUMNS)
    reasons = Reasons(len(data))
    whole = [isinstance(row, list) and len(row) == len(header) for row in data]
    reasons.add(~np.array(whole, dtype=bool), "the row is not whole")
    filters = [text if isinstance(text, str) else None for text in filters]
    bands = passbands(filters, _meaning, settings, reasons)
    mjd, flux, error = (np.array([number(value) for value in values], dtype=float) for values in (mjd, flux, error))
    with np.errstate(over="ignore"):
        return mjd_rows(name, mjd, bands, flux * 1e6, error * 1e6, reasons)


def _cell(row, k):
    return row[k] if isinstance(row, list) and k < len(row) else None


def _meaning(name):
    name, _, instrument = name.partition(".")
    return passband(INSTRUMENTS.get(instrument), name)


def _known(event):
    """Return what is known about the event and its host; the host's magnitudes are AB, corrected for Galactic dust."""
    extinction = event.get("extinction") if isinstance(event.get("extinction"), dict) else {}
    known = {
        "ra": number(event.get("ra")),
        "dec": number(event.get("dec")),
        "redshift": number(event.get("z")),
        "ebv": number(extinction.get("e_bv")),
        "label": "TDE",
    }
    host = event.get("host") if isinstance(event.get("host"), dict) else {}
    seen = host.get("observations") if isinstance(host.get("observations"), dict) else {}
    names, magnitudes, errors = (seen.get(key) for key in ("filternames", "mags", "mags_unc"))
    if isinstance(names, list) and isinstance(magnitudes, list) and isinstance(errors, list):
        for name, magnitude, error in zip(names, magnitudes, errors, strict=False):
            if isinstance(name, str) and math.isfinite(number(magnitude)):
                known[f"host_mag_{name}"], known[f"host_mag_err_{name}"] = number(magnitude), number(error)
    return known
