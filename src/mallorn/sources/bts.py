"""Supernovae of ZTF's Bright Transient Survey: one CSV per object, ID.csv, and bts.csv with what is known about them.

ID.csv has time (MJD), mag, magerr (AB, of the difference image) and band: g, R (ZTF's r) or i. There are only
detections of alerts, all brighter than the reference: no limits and nothing before the event. bts.csv has ZTFID, RA,
Dec (sexagesimal), type, redshift (spectroscopic; "-" for none) and A_V, which gives E(B-V) = A_V / 3.1.

`path`: the folder, or one object's file. Settings, all optional: catalogue (path of bts.csv; by default the one beside
the light curves, if any), passbands ({band: passband or None}), rows_in_memory.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import numpy_array
from mallorn.sources.canonical import flux_of_magnitude
from mallorn.sources.csv_stream import csv_header, csv_stream
from mallorn.sources.events import Event, event_batches, mjd_rows, no_rows, position
from mallorn.sources.json_files import files_of, number
from mallorn.sources.passband_names import filled_texts, passbands
from mallorn.sources.rows import Reasons
from mallorn.sources.values import listed

__all__ = ["ABOUT", "CATALOGUE", "batches"]

FILES = r"\.csv(\.gz)?$"
SURVEYS = ("ztf",)
SETTINGS = ("catalogue", "passbands", "rows_in_memory")
ROWS_OF_OBJECT = "file"
SHARED = r"^bts\.csv$"
"""See `mallorn.sources.format`."""

ABOUT = {
    "format": "ZTF BTS",
    "time": "MJD UTC",
    "flux": "difference",
    "points": "detections only: no limits, nothing before the event",
}
CATALOGUE = "bts.csv"
BANDS = {"g": "ztf.g", "r": "ztf.r", "R": "ztf.r", "i": "ztf.i"}
R_V = 3.1

_CURVE = ("time", "mag", "magerr", "band")
_KNOWN = ("ZTFID", "RA", "Dec", "type", "redshift", "A_V")


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file with other columns."""
    path = Path(path)
    catalogue = Path(settings.get("catalogue") or (path if path.is_dir() else path.parent) / CATALOGUE)
    if settings.get("catalogue") and not catalogue.is_file():
        raise DataError.at(catalogue, expected="a CSV file", found="nothing", fix="mend the setting catalogue")
    known = _known(catalogue, _state(catalogue)) if catalogue.is_file() else {}
    files = [file for file in files_of(path, (".csv",)) if file.name != CATALOGUE and file != catalogue]
    if not files:
        raise DataError.at(
            path, expected="light curves ID.csv", found=f"{CATALOGUE} alone", fix="give the folder of the light curves"
        )
    about = ABOUT | ({} if known else {"catalogue": "none: no redshifts and types"})
    yield from event_batches((_event(file, known, settings) for file in files), about, settings)


def _event(path, known, settings):
    _require(path, csv_header(path), _CURVE)
    object_id = path.name.removesuffix(".gz").removesuffix(".csv")
    tables = [_rows(object_id, part, settings) for part in csv_stream(path, list(_CURVE))]
    if not tables:
        tables = [no_rows(object_id)]
    return Event(object_id, pa.concat_tables(tables), known.get(object_id, {}))


def _rows(object_id, part, settings):
    reasons = Reasons(part.n)
    magnitude, error = part.numbers("mag"), part.numbers("magerr")
    with np.errstate(over="ignore", invalid="ignore"):
        flux, flux_err = flux_of_magnitude(magnitude, error)
    bands = passbands(filled_texts(part.texts("band")), BANDS.get, settings, reasons)
    return mjd_rows(object_id, part.numbers("time"), bands, flux, flux_err, reasons, detected=np.ones(part.n))


def _state(path):
    """Return a value that changes with a file's content."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=1)
def _known(path, _):
    """Return {ID: what is known}; for a repeated object, the first row.

    It is kept for the next file of the folder. Each file is read by itself, and would otherwise read the catalogue
    again.
    """
    _require(path, csv_header(path), _KNOWN)
    known = {}
    for part in csv_stream(path, list(_KNOWN)):
        columns = [numpy_array(part.texts(name)) for name in _KNOWN]
        for object_id, ra, dec, label, redshift, a_v in zip(*columns, strict=True):
            ra, dec = position(ra, dec)
            about = {"ra": ra, "dec": dec, "redshift": number(redshift), "ebv": number(a_v) / R_V, "label": label}
            known.setdefault(object_id, about)
    return known


def _require(path, names, columns):
    missing = [name for name in columns if name not in names]
    if missing:
        raise DataError.at(
            path,
            expected=f"the columns {', '.join(columns)}",
            found=listed(names),
            fix="move files of other kinds out of the folder",
        )
