"""Light curves in redback's CSV: a file for each event, or several events in one.

Columns: event, time (MJD), flux_density(mjy) and flux_density_error (mJy), band, and magnitude, e_magnitude, system.
"time (days)" counts from the first point and is not read. Flux densities are used where the file has them; else AB
magnitudes, and magnitudes of other systems are set aside. Rows without an error are set aside: most are limits that the
file does not mark.

The file does not name instruments: u, g, r, i, z are taken for those of the survey in the settings ("sdss"), y for
Pan-STARRS's, o and c for ATLAS's, U, B, V, UVW1, UVM2, UVW2 for Swift's; names such as ztfg or ps1::r are understood.

`path`: a file, or a folder of *.csv. Settings, all optional: survey, passbands ({band: passband or None}),
rows_in_memory, scratch.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import numpy_array
from mallorn.sources.ab_magnitudes import band_of
from mallorn.sources.canonical import flux_of_magnitude
from mallorn.sources.csv_parts import csv_header, csv_numbers, csv_parts
from mallorn.sources.events import mjd_rows
from mallorn.sources.json_files import files_of
from mallorn.sources.passband_names import passbands
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, whole_objects
from mallorn.sources.values import listed, object_columns

__all__ = ["ABOUT", "batches"]

ABOUT = {"format": "redback", "time": "MJD, scale not told", "flux": "not told"}

_FLUX = ("flux_density(mjy)", "flux_density(mJy)", "flux_density")
_ERROR = ("flux_density_error", "flux_density_error(mjy)", "flux_density_error(mJy)")
_NAMES = ("event", "time", "magnitude", "e_magnitude", "band", "system", *_FLUX, *_ERROR)


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file with other columns."""
    files = files_of(path, (".csv",))
    tables = (table for file in files for table in _tables(file, settings))
    for table in whole_objects(tables, settings.get("rows_in_memory", MOST_ROWS), settings.get("scratch")):
        yield batch_of(table, ABOUT, lambda names, codes, rows: object_columns(len(names)))


def _tables(path, settings):
    header = csv_header(path)
    names, line = header
    flux = next((name for name in _FLUX if name in names), None)
    error = next((name for name in _ERROR if name in names), None)
    if (
        "time" not in names
        or "band" not in names
        or not ((flux and error) or {"magnitude", "e_magnitude"} <= set(names))
    ):
        raise DataError.at(
            path,
            line=line,
            expected="the columns event, time, band, flux_density(mjy), flux_density_error",
            found=listed(names),
            fix="use redback's processed CSV of optical data",
        )
    for line, table in csv_parts(path, header, set(_NAMES)):
        yield _rows(path, line, table, (flux, error) if flux and error else None, settings)


def _rows(path, line, table, fluxes, settings):
    reasons, n = Reasons(table.num_rows), table.num_rows
    there = [column for column in ("event", "band", "system") if column in table.column_names]
    texts = {column: pc.utf8_trim_whitespace(table.column(column)) for column in there}
    if fluxes:
        flux, error = (1e3 * csv_numbers(table, path, name, line) for name in fluxes)
    else:
        magnitude, error = (csv_numbers(table, path, name, line) for name in ("magnitude", "e_magnitude"))
        with np.errstate(over="ignore", invalid="ignore"):
            flux, error = flux_of_magnitude(magnitude, error)
        if "system" in texts:
            system = np.array(numpy_array(texts["system"]), dtype=object)
            reasons.add(~np.isin(system, ("AB", "ab")), "magnitude is not AB")
    reasons.add(np.isnan(error), "no error")
    bands = pc.if_else(pc.equal(texts["band"], ""), pa.scalar(None, pa.string()), texts["band"])
    survey = settings.get("survey", "sdss")
    bands = passbands(bands, lambda name: band_of(name, fallback=survey, swift=True), settings, reasons)
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    event = texts["event"].combine_chunks() if "event" in texts else name
    mjd = csv_numbers(table, path, "time", line)
    return mjd_rows(event, mjd, bands, flux, error, reasons, detected=np.full(n, -1))
