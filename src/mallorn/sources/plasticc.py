"""PLAsTiCC's CSV files: light curves, and the metadata of the objects; a folder, or a file of light curves.

Light curves have object_id, mjd, passband (0 to 5 for ugrizy), flux, flux_err (AB zero point 27.5, a difference flux)
and detected or detected_bool. A file with "metadata" in its name has ra, decl, mwebv, hostgal_specz,
hostgal_photoz(_err) and target (true_target). In a folder, all other *.csv and *.csv.gz are light curves.

Settings, all optional:
metadata: paths of the metadata, beside the file or absolute; by default files with "metadata" in their names.
types: {target: label}, beyond `TARGETS`. zero_point: 27.5 by default. survey: "lsst" by default.
rows_in_memory, scratch: see `mallorn.sources.rows.whole_objects`. The metadata is held in memory.

A redshift of exactly 0 means a Galactic object, or one without a host: it is missing here. Objects that are only in the
metadata are left out.
"""

from pathlib import Path

import numpy as np

from mallorn.errors import DataError
from mallorn.sources import table
from mallorn.sources.parquet_parts import files_at
from mallorn.sources.values import listed

__all__ = ["TARGETS", "batches"]

FILES = r"\.csv(\.gz)?$"
SURVEYS = ("lsst",)
SETTINGS = ("metadata", "types", "zero_point", "survey", "rows_in_memory", "scratch")
ROWS_OF_OBJECT = "file"
SHARED = r"metadata"
"""See `mallorn.sources.format`."""

TARGETS = {
    "6": "uLens-Single",
    "15": "TDE",
    "16": "EB",
    "42": "SN II",
    "52": "SN Iax",
    "53": "Mira",
    "62": "SN Ibc",
    "64": "KN",
    "65": "M-dwarf",
    "67": "SN Ia-91bg",
    "88": "AGN",
    "90": "SN Ia",
    "92": "RR Lyrae",
    "95": "SLSN-I",
    "991": "uLens-Binary",
    "992": "ILOT",
    "993": "CART",
    "994": "PISN",
    "995": "uLens-String",
}
"""Classes of PLAsTiCC by their number; those from 991 on occur only in the test set."""

_POINTS = {"object_id": "object_id", "mjd": "mjd", "passband": "passband", "flux": "flux", "flux_err": "flux_err"}
_SUFFIXES = (".csv", ".csv.gz")
_WORD = "metadata"


def batches(path, settings):
    """Yield the `Batch`es of the light curves at `path`; raise DataError for files with other columns."""
    path = Path(path)
    files = files_at(path, _SUFFIXES, "PLAsTiCC's light curves as CSV, or the folder of them")
    curves = [file for file in files if _WORD not in file.name.lower()]
    if not curves:
        fix = "give the path of the light curves, or of the folder that holds them too"
        raise DataError.at(path, expected="light curves", found=listed([f.name for f in files], 5), fix=fix)
    types = TARGETS | {str(key): value for key, value in (settings.get("types") or {}).items()}
    options = {
        "columns": _POINTS | {"jd": None, "magnitude": None, "zero_point": None, "label": None},
        "zero_point": settings.get("zero_point", 27.5),
        "survey": settings.get("survey", "lsst"),
        "flux": "difference",
        "objects": _metadata(path, files, settings),
        "object_columns": {"object_id": "object_id", "av": None},
    } | {name: settings[name] for name in ("rows_in_memory", "scratch") if name in settings}
    for batch in table.batches(path, options):
        objects = batch.objects
        objects["label"] = np.array([types.get(text, text) for text in objects["label"]] + [None], dtype=object)[:-1]
        galactic = objects["redshift"] == 0.0
        for name, missing in (("redshift", np.nan), ("redshift_err", np.nan), ("redshift_kind", "none")):
            objects[name][galactic] = missing
        batch.about |= {"format": "PLAsTiCC", "time": "MJD"}
        yield batch


def _metadata(path, files, settings):
    """Return the paths of the metadata."""
    if settings.get("metadata") is not None:
        given = settings["metadata"]
        return [given] if isinstance(given, str | Path) else list(given)
    beside = files if path.is_dir() else sorted(path.parent.iterdir())
    return [file for file in beside if _WORD in file.name.lower() and file.name.lower().endswith(_SUFFIXES)]
