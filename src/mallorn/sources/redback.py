"""Light curves in redback's CSV: a file for each event, or several events in one.

Columns: event, time (MJD), flux_density(mjy) and flux_density_error (mJy), band, and magnitude, e_magnitude, system.
"time (days)" counts from the first point and is not read. Flux densities are used if the file has them, else AB
magnitudes; magnitudes of other systems are set aside. Rows without an error are set aside: most are limits that the
file does not mark.

The file does not name instruments. u, g, r, i, z are taken as those of the survey in the settings ("sdss"), y as
Pan-STARRS's, o and c as ATLAS's, and U, B, V, UVW1, UVM2, UVW2 as Swift's. Names such as ztfg or ps1::r are understood.

`path`: a file, or a folder of *.csv. Settings, all optional: survey, passbands ({band: passband or None}),
rows_in_memory, scratch.
"""

import numpy as np

from mallorn.errors import DataError
from mallorn.io.tables import numpy_array
from mallorn.sources.ab_magnitudes import band_of
from mallorn.sources.canonical import flux_of_magnitude
from mallorn.sources.csv_stream import csv_header, csv_stream
from mallorn.sources.events import mjd_rows, some
from mallorn.sources.json_files import files_of
from mallorn.sources.passband_names import filled_texts, passbands
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, whole_objects
from mallorn.sources.values import listed, object_columns

__all__ = ["ABOUT", "batches"]

FILES = r"\.csv(\.gz)?$"
SURVEYS = ("sdss", "ztf", "ps1", "atlas", "uvot")
SETTINGS = ("survey", "passbands", "rows_in_memory", "scratch")
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

ABOUT = {"format": "redback", "time": "MJD, scale not told", "flux": "not told"}

_FLUX = ("flux_density(mjy)", "flux_density(mJy)", "flux_density")
_ERROR = ("flux_density_error", "flux_density_error(mjy)", "flux_density_error(mJy)")


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file with other columns."""
    files = files_of(path, (".csv",))
    tables = (table for file in files for table in _tables(file, settings))
    whole = whole_objects(tables, settings.get("rows_in_memory", MOST_ROWS), settings.get("scratch"))
    found = (batch_of(table, ABOUT, lambda names, codes, rows: object_columns(len(names))) for table in whole)
    yield from some(found, path, "rows of light curves")


def _tables(path, settings):
    names = csv_header(path)
    flux = next((name for name in _FLUX if name in names), None)
    error = next((name for name in _ERROR if name in names), None)
    values = (flux, error) if flux and error else ("magnitude", "e_magnitude")
    if not {"time", "band", *values} <= set(names):
        raise DataError.at(
            path,
            expected="the columns event, time, band, flux_density(mjy), flux_density_error",
            found=listed(names),
            fix="use redback's processed CSV of optical data",
        )
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    columns = [column for column in ("event", "time", "band", "system", *values) if column in names]
    for part in csv_stream(path, columns):
        event = part.texts("event") if "event" in names else name
        yield _rows(event, part, values, "system" in names, settings)


def _rows(event, part, values, system, settings):
    reasons = Reasons(part.n)
    value, error = (part.numbers(name) for name in values)
    if values[0] == "magnitude":
        with np.errstate(over="ignore", invalid="ignore"):
            flux, error = flux_of_magnitude(value, error)
        if system:
            reasons.add(~np.isin(numpy_array(part.texts("system")).astype(str), ("AB", "ab")), "magnitude is not AB")
    else:
        flux, error = 1e3 * value, 1e3 * error
    reasons.add(np.isnan(error), "no error")
    survey = settings.get("survey", "sdss")
    names = filled_texts(part.texts("band"))
    bands = passbands(names, lambda name: band_of(name, fallback=survey, swift=True), settings, reasons)
    return mjd_rows(event, part.numbers("time"), bands, flux, error, reasons)
