"""Histories of ZTF alerts as JSON: AMPEL's form, and alert packets decoded from avro.

A file holds one alert, a list of alerts, or one alert per line (*.jsonl): objectId, candidate {jd, fid, magpsf,
sigmapsf, isdiffpos, diffmaglim, ra, dec, ...}, prv_candidates [the same for earlier exposures], and in schema 4
fp_hists [forced photometry: jd, fid, forcediffimflux(unc), magzpsci, procstatus]. Magnitudes are those of the
difference image, with the sign isdiffpos. A row without magpsf is an upper limit: its flux is 0, its error a fifth of
the flux of diffmaglim (5 sigma).

Alerts of one object repeat one another's history, and archives hold an exposure in several versions. One row of each
exposure (object, filter, times within 1e-5 days) is kept: a detection first, else forced photometry, else a limit.
Among several detections that of an alert itself comes before those of histories, then the first in the file. The others
are set aside.

`path`: a file, or a folder of *.json and *.jsonl. Settings, all optional: copies ("drop" by default, or "keep"),
min_rb, min_drb (real-bogus scores below which a detection is set aside), procstatus (codes of sound forced photometry,
("0",)), passbands ({fid: passband or None}), max_megabytes (of a JSON file, 200), rows_in_memory, scratch.
"""

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources import exposures
from mallorn.sources.canonical import flux_of_magnitude, to_microjansky
from mallorn.sources.events import median_position, mjd_rows, some
from mallorn.sources.json_files import files_of, json_lines, number, read_json
from mallorn.sources.passband_names import passband, passbands
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, first_values, whole_objects
from mallorn.sources.values import no_sentinels, object_columns

__all__ = ["ABOUT", "batches", "julian_to_mjd"]

FILES = r"\.jsonl?(\.gz)?$"
SURVEYS = ("ztf",)
SETTINGS = ("copies", "min_rb", "min_drb", "procstatus", "passbands", "max_megabytes", "rows_in_memory", "scratch")
ROWS_OF_OBJECT = "folder"
"""See `mallorn.sources.format`."""

ABOUT = {"format": "ZTF alerts", "time": "JD UTC, converted", "flux": "difference"}

FIDS = {"1": "ztf.g", "2": "ztf.r", "3": "ztf.i"}
SENTINELS = (-999.0, -9999.0, -99999.0)
SIGNS = {"t": 1.0, "1": 1.0, "true": 1.0, "f": -1.0, "0": -1.0, "-1": -1.0, "false": -1.0}
LIMIT_SIGMA = 5.0

_HOST = {
    "host_ps1_star_score": "sgscore1",
    "host_ps1_distance_arcsec": "distpsnr1",
    "host_ps1_mag_g": "sgmag1",
    "host_ps1_mag_r": "srmag1",
    "host_ps1_mag_i": "simag1",
    "host_ps1_mag_z": "szmag1",
    "host_reference_mag": "magnr",
    "host_reference_distance_arcsec": "distnr",
}
_NUMBERS = ("magpsf", "sigmapsf", "diffmaglim", "rb", "drb", "ra", "dec", "forcediffimflux", "forcediffimfluxunc")


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file without alerts."""
    most = settings.get("rows_in_memory", MOST_ROWS)
    tables = (table for file in files_of(path, (".json", ".jsonl")) for table in _tables(file, settings, most))
    whole = whole_objects(tables, most, settings.get("scratch"))
    yield from some((_batch(table, settings) for table in whole), path, "alerts")


def julian_to_mjd(jd):
    """Return Julian Dates (n,) as Modified Julian Dates; NaN stays NaN."""
    return np.asarray(jd, dtype=float) - 2_400_000.5


def _batch(table, settings):
    # Rows of alerts themselves come first and are therefore kept.
    first = np.argsort(numpy_array(table.column("history")), kind="stable")
    table = exposures.once_an_exposure(table.take(arrow_array(first)), settings.get("copies") == "keep")
    return batch_of(table, ABOUT, _describe)


def _tables(path, settings, most):
    held, n = [], 0
    for alert in _alerts(path, settings):
        held.append(_table(alert, *_history(path, alert), settings))
        n += held[-1].num_rows
        if n >= min(most, 100_000):
            yield pa.concat_tables(held)
            held, n = [], 0
    if held:
        yield pa.concat_tables(held)


def _alerts(path, settings):
    """Yield the alerts of a file."""
    if path.name.lower().removesuffix(".gz").endswith(".jsonl"):
        yield from json_lines(path, settings)
        return
    content = read_json(path, settings)
    for alert in content if isinstance(content, list) else [content]:
        if not isinstance(alert, dict):
            raise DataError.at(
                path,
                expected="an alert, or a list of alerts {...}",
                found=type(alert).__name__,
                fix="check that the file is of this format",
            )
        yield alert


def _history(path, alert):
    """Return (object_id, rows, history): the dicts of all exposures, and whether each is from the history."""
    name = alert.get("objectId")
    if not isinstance(name, str) or not name:
        raise DataError.at(
            path,
            column="objectId",
            expected="the object's name",
            found=repr(name)[:60],
            fix="check that these are ZTF alerts as JSON",
        )
    candidate = alert.get("candidate")
    rows = [candidate] if isinstance(candidate, dict) else []
    history = [0] * len(rows)
    for key in ("prv_candidates", "fp_hists"):
        earlier = alert.get(key)
        if not isinstance(earlier, list | None) or not all(isinstance(row, dict) for row in earlier or []):
            raise DataError.at(
                path,
                column=key,
                expected="a list of exposures {...}, or null",
                found=type(earlier).__name__,
                fix="check that the file is whole",
            )
        rows += earlier or []
        history += [1] * len(earlier or [])
    if not rows:
        raise DataError.at(
            path,
            column="candidate",
            expected="an object {...} with jd, fid, magpsf",
            found=type(candidate).__name__,
            fix="check that these are ZTF alerts as JSON",
        )
    return name, rows, history


def _table(alert, name, rows, history, settings):
    """Return the table of rows of one alert."""
    n, reasons = len(rows), Reasons(len(rows))
    values = {key: no_sentinels([number(row.get(key)) for row in rows], SENTINELS) for key in _NUMBERS}
    forced = np.array(["forcediffimflux" in row for row in rows], dtype=bool)
    limit = ~forced & np.array([row.get("magpsf") is None for row in rows], dtype=bool)
    measured = ~forced & ~limit
    sign = np.array([SIGNS.get(str(row.get("isdiffpos")).lower().removesuffix(".0"), np.nan) for row in rows])
    reasons.add(limit & np.isnan(values["diffmaglim"]), "neither a magnitude nor a limit")
    reasons.add(measured & np.isnan(values["magpsf"]), "no magnitude")
    reasons.add(measured & np.isnan(sign), "sign of the difference (isdiffpos) is not known")
    for score in ("rb", "drb"):
        if settings.get(f"min_{score}") is not None:
            low = measured & (values[score] < settings[f"min_{score}"])
            reasons.add(low, f"{score} below {settings[f'min_{score}']:g}")
    sound = [str(code) for code in settings.get("procstatus", ("0",))]
    codes = [str(row.get("procstatus", "0")) for row in rows]
    reasons.add(forced & ~np.array([code in sound for code in codes], dtype=bool), "procstatus is not sound")
    flux, error = _fluxes(rows, values, sign, forced, limit)
    fids = [_text(row.get("fid")) for row in rows]
    return mjd_rows(
        name,
        julian_to_mjd([number(row.get("jd")) for row in rows]),
        passbands(fids, lambda fid: FIDS.get(fid) or passband("ztf", fid), settings, reasons),
        flux,
        error,
        reasons,
        detected=measured,
        limit=limit,
        kind=np.where(forced, exposures.FORCED, np.where(limit, exposures.LIMIT, exposures.DETECTION)).astype(np.int8),
        history=np.array(history, dtype=np.int8),
        ra=values["ra"],
        dec=values["dec"],
        **_hosts(alert, n),
    )


def _fluxes(rows, values, sign, forced, limit):
    """Return flux and error (n,), microjansky."""
    with np.errstate(over="ignore", invalid="ignore"):
        flux, error = flux_of_magnitude(values["magpsf"], values["sigmapsf"])
        zero_point = no_sentinels([number(row.get("magzpsci")) for row in rows], SENTINELS)
        forced_flux = to_microjansky(values["forcediffimflux"], zero_point)
        forced_error = to_microjansky(values["forcediffimfluxunc"], zero_point)
        limits = flux_of_magnitude(values["diffmaglim"])[0] / LIMIT_SIGMA
    flux = np.where(forced, forced_flux, np.where(limit, 0.0, sign * flux))
    return flux, np.where(forced, forced_error, np.where(limit, limits, error))


def _hosts(alert, n):
    """Return {column: (n,) array}: the alert's facts on the nearest source in PS1 and in the reference image."""
    candidate = alert.get("candidate") if isinstance(alert.get("candidate"), dict) else {}
    columns = {}
    for name, key in _HOST.items():
        value = no_sentinels([number(candidate.get(key))], SENTINELS)
        columns[name] = np.full(n, value[0])
    return columns


def _text(value):
    """Return a fid as text, 1.0 as "1"; None if it is no number or text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value != value:
        return None
    return str(value).removesuffix(".0") or None


def _describe(names, codes, table):
    """Return {column: (n,) array} for the objects of a table: the median position, and the first alert's host."""
    n = len(names)
    columns = {name: first_values(numpy_array(table.column(name)), codes, n) for name in _HOST}
    ra, dec = np.asarray(numpy_array(table.column("ra"))), np.asarray(numpy_array(table.column("dec")))
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(n + 1))
    where = [order[start:stop] for start, stop in zip(edges[:-1], edges[1:], strict=True)]
    found = np.array([median_position(ra[rows], dec[rows]) for rows in where], dtype=float).reshape(n, 2)
    return object_columns(n, ra=found[:, 0], dec=found[:, 1], **columns)
