"""Files of ZTF's forced-photometry service, version 5: forced measurements at one position per file.

A file has lines that begin with `#` (among them the requested position), a line of names separated by commas, and rows
of values separated by blanks. The flux of the difference image, forcediffimflux, is in units of its own zero point: uJy
= DN x 10^(-0.4 (zpdiff - 23.9)). jd is the start of the exposure.

Baseline: the reference image may contain a part of the event, or the flux may have a small offset, which differs for
each part of the camera. For each (field, ccdid, qid, filter), the median flux of the epochs away from the event is
subtracted. The event is where the running median (7 points) of signal to noise, over all parts, is highest; it lasts
from 100 days before to 1,000 days after. If that median is below 3 there is no event, and all epochs count. Rows of a
part of the camera with fewer than 10 epochs away from the event are set aside.

Errors: multiplied by the root of forcediffimchisq, the fit's reduced chi square, if that is above 1.

`path`: a file, or a folder of *.txt. The object's id is the file's name without its ending. Settings, all optional:
ids: {file name: object id}. event_mjd: the event's time, or {object id: time}. event_days: (100, 1000).
baseline: True (default) or False. min_baseline_epochs: 10. scale_errors: True (default) or False.
procstatus: codes of sound photometry, ("0",). bad_infobits: bits of infobitssci of which none may be set, 33554432 (all
  bits from the 25th on are too, as the service advises). max_seeing: of sciinpseeing, 4 arcsec. max_scisigpix: 25.
min_diffmaglim: magnitude, none by default. passbands: {filter: passband or None}. max_megabytes (200), rows_in_memory.
"""

import re

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from mallorn.errors import DataError
from mallorn.sources.canonical import to_microjansky
from mallorn.sources.events import Event, event_batches, mjd_rows
from mallorn.sources.json_files import files_of, number, read_bytes
from mallorn.sources.passband_names import passband, passbands
from mallorn.sources.rows import Reasons
from mallorn.sources.text_tables import columns_of, object_name, text_lines
from mallorn.sources.values import listed
from mallorn.sources.ztf_alerts import julian_to_mjd

__all__ = ["ABOUT", "baseline", "batches"]

FILES = r"\.(txt|csv|dat)(\.gz)?$"
SURVEYS = ("ztf",)
SETTINGS = (
    "ids",
    "event_mjd",
    "event_days",
    "baseline",
    "min_baseline_epochs",
    "scale_errors",
    "procstatus",
    "bad_infobits",
    "max_seeing",
    "max_scisigpix",
    "min_diffmaglim",
    "passbands",
    "max_megabytes",
    "rows_in_memory",
)
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

ABOUT = {"format": "ZTF forced photometry", "time": "JD UTC, converted; start of the exposure", "flux": "difference"}
SENTINELS = (-999.0, -9999.0, -99999.0, -999999.0)

_TEXTS = ("filter", "procstatus")
_NUMBERS = (
    *("field", "ccdid", "qid", "infobitssci", "sciinpseeing", "scisigpix", "zpdiff", "jd", "forcediffimflux"),
    *("forcediffimfluxunc", "forcediffimchisq"),
)
_OPTIONAL = ("diffmaglim", "dnearestrefsrc", "nearestrefmag")
_POSITION = {
    "ra": re.compile(rb"R\.?A\.?\s*=\s*([-+0-9.eE]+)", re.I),
    "dec": re.compile(rb"Dec\.?\s*=\s*([-+0-9.eE]+)", re.I),
}
_RUNNING = 7  # points of the running median that finds the event
_EVENT = 3.0  # least signal to noise of an event


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file that is not the service's."""
    about = ABOUT | {"baseline": "subtracted" if settings.get("baseline", True) else "not subtracted"}
    files = files_of(path, (".txt", ".csv", ".dat"))
    yield from event_batches((_event(file, settings) for file in files), about, settings)


def baseline(mjd, flux, error, part, settings, event=None):
    """Return the baseline (n,) of each row, and the number of epochs (n,) behind it.

    mjd, flux, error: (n,), days and microjansky, finite, in any order. part: (n,) integers, the part of the camera and
    filter. event: MJD; None to find it as the module's docstring says. The baseline is NaN if there is no epoch for it.
    """
    before, after = settings.get("event_days", (100.0, 1000.0))
    if event is None and len(mjd):
        order = np.argsort(mjd, kind="stable")
        typical = pd.Series(flux).groupby(part).transform("median").to_numpy()
        running = median_filter(((flux - typical) / error)[order], size=_RUNNING, mode="nearest")
        event = mjd[order][np.argmax(running)] if running.max() >= _EVENT else None
    away = np.ones(len(mjd), dtype=bool) if event is None else (mjd < event - before) | (mjd > event + after)
    level = pd.Series(np.where(away, flux, np.nan)).groupby(part).transform("median").to_numpy()
    epochs = pd.Series(away.astype(int)).groupby(part).transform("sum").to_numpy()
    return level, epochs


def _event(path, settings):
    data = read_bytes(path, settings)
    columns, whole = _columns(path, data)
    object_id = object_name(path, settings)
    known = {}
    for key, pattern in _POSITION.items():
        found = pattern.search(data[: 1 << 16])
        known[key] = number(found.group(1).decode()) if found else np.nan
    for key, column in (("host_reference_distance_arcsec", "dnearestrefsrc"), ("host_reference_mag", "nearestrefmag")):
        values = columns[column][np.isfinite(columns[column])]
        known[key] = float(np.median(values)) if len(values) else np.nan
    return Event(object_id, _rows(object_id, columns, whole, settings), known)


def _rows(object_id, columns, whole, settings):
    reasons = Reasons(len(whole))
    reasons.add(~whole, "the row is not whole")
    _quality(columns, reasons, settings)
    with np.errstate(over="ignore", invalid="ignore"):
        flux = to_microjansky(columns["forcediffimflux"], columns["zpdiff"])
        error = to_microjansky(columns["forcediffimfluxunc"], columns["zpdiff"])
        if settings.get("scale_errors", True):
            error = error * np.sqrt(np.fmax(columns["forcediffimchisq"], 1.0))
    mjd = julian_to_mjd(columns["jd"])
    bands = passbands(columns["filter"], _meaning, settings, reasons)
    usable = np.isfinite(mjd) & np.isfinite(flux) & np.isfinite(error) & (error > 0)
    if settings.get("baseline", True):
        event = settings.get("event_mjd")
        event = event.get(object_id) if isinstance(event, dict) else event
        parts = pd.DataFrame({name: columns[name] for name in ("field", "ccdid", "qid", "filter")})
        part = parts.groupby(list(parts), dropna=False, sort=False).ngroup().to_numpy()
        good = reasons.good & usable
        level, epochs = baseline(mjd[good], flux[good], error[good], part[good], settings, event)
        few = np.zeros(len(mjd), dtype=bool)
        few[good] = epochs < max(1, settings.get("min_baseline_epochs", 10))
        reasons.add(few, "too few epochs for a baseline")
        flux[good] -= level
    return mjd_rows(object_id, mjd, bands, flux, error, reasons, detected=np.zeros(len(mjd)))


def _quality(columns, reasons, settings):
    """Set aside the rows that the service advises to leave out."""
    sound = {str(code) for code in settings.get("procstatus", ("0",))}
    codes = [set(re.split(r"[,;\s]+", text or "")) for text in columns["procstatus"]]
    reasons.add(~np.array([code <= sound for code in codes], dtype=bool), "procstatus is not sound")
    bits = np.nan_to_num(columns["infobitssci"], nan=0.0, posinf=2.0**62, neginf=0.0).clip(0, 2.0**62).astype(np.int64)
    bad = int(settings.get("bad_infobits", 33554432))
    reasons.add((bits & bad != 0) | (bits >= 2 * bad), "infobitssci tells of a bad image")
    seeing, noise = float(settings.get("max_seeing", 4.0)), float(settings.get("max_scisigpix", 25.0))
    reasons.add(columns["sciinpseeing"] > seeing, f"seeing above {seeing:g} arcsec")
    reasons.add(columns["scisigpix"] > noise, f"scisigpix above {noise:g}")
    if settings.get("min_diffmaglim") is not None:
        limit = float(settings["min_diffmaglim"])
        reasons.add(~(columns["diffmaglim"] >= limit), f"diffmaglim brighter than {limit:g}")


def _columns(path, data):
    """Return ({name: (n,) array}, whole): the columns and the whole rows, as from `columns_of`."""
    lines = text_lines(path, data)
    head = next((k for k, line in enumerate(lines) if _names(line)), None)
    if head is None:
        raise _refused(path, "no line with the names of columns")
    names = _names(lines[head])
    missing = [name for name in (*_NUMBERS, *_TEXTS) if name not in names]
    if missing:
        raise _refused(path, f"{', '.join(missing)} missing among {listed(names)}", head + 1)
    rows = [line.split() for line in lines[head + 1 :] if line.strip() and not line.lstrip().startswith("#")]
    if names[-1] == "procstatus":  # may hold several codes
        last = len(names) - 1
        rows = [[*row[:last], " ".join(row[last:])] if len(row) > len(names) else row for row in rows]
    return columns_of(rows, names, (*_NUMBERS, *_OPTIONAL), _TEXTS, SENTINELS)


def _names(line):
    """Return the names in a line of a header, none for a row or a comment. Some versions put a # before the names."""
    names = [name.strip() for name in line.lstrip("# ").split(",")]
    return names if "forcediffimflux" in names else []


def _meaning(name):
    survey, _, band = name.partition("_")
    return passband("ztf", band) if survey.upper() == "ZTF" else None


def _refused(path, found, line=None):
    return DataError.at(
        path,
        line=line,
        expected="a file of ZTF's forced-photometry service",
        found=found,
        fix="keep the file as the service wrote it, with the line of names",
    )
