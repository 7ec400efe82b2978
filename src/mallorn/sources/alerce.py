"""Light curves of the ALeRCE broker as its client returns them: ZTF (API v1 and v2) and LSST, in files or a folder.

It reads detections, non-detections, forced photometry, tables of objects (positions, classes), and ALeRCE's samples of
ELAsTiCC with SNANA's columns; see `alerce_files` for the forms. The rows of an object may be in several files.

ZTF: the magnitude of the difference image, magpsf (v1) or mag (v2), has the sign isdiffpos. The corrected magnitude
(magpsf_corr, mag_corr) is that of source and reference together, a *direct* flux. diffmaglim is the image's limit at 5
sigma, never a magnitude: its row is an upper limit with flux 0, and its error is a fifth of the limit's flux.
LSST: psfFlux, of the difference image, and scienceFlux, direct, in nJy.
From one exposure a detection is kept first, else forced photometry, else a limit.

Settings, all optional:
flux: "difference" (default) or "direct". Direct takes the corrected magnitudes, and sets aside rows that ALeRCE could
  not correct, or whose correction is dubious. Errors are those for extended sources (sigmapsf_corr_ext) if there are
  any, since nuclei of galaxies are extended; else sigmapsf_corr, in which 100 means none.
object_id: the column with the ids. label: the column of a table of objects with the class; by default `LABELS`.
survey: of the bands of LSST and SNANA columns, "lsst" by default. passbands: {the file's name: passband or None}.
min_rb, min_drb: real-bogus scores below which a detection is set aside; none by default.
procstatus: codes of sound forced photometry, ("0",) by default.
max_megabytes (of a JSON file), rows_in_memory, scratch.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from mallorn.errors import ConfigError, DataError
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources import exposures
from mallorn.sources.alerce_files import DETECTIONS, FORCED, IDS, LIMITS, OBJECTS, SNANA, TIMES, parts
from mallorn.sources.canonical import flux_of_magnitude, to_microjansky
from mallorn.sources.events import mjd_rows
from mallorn.sources.passband_names import passband, passbands
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, first_values, whole_objects
from mallorn.sources.values import best_redshift, no_sentinels, object_columns

__all__ = ["LABELS", "batches"]

FILES = r"\.(csv|parquet|json)(\.gz)?$"
SURVEYS = ("ztf", "lsst")
SETTINGS = (
    "flux",
    "object_id",
    "label",
    "survey",
    "passbands",
    "min_rb",
    "min_drb",
    "procstatus",
    "max_megabytes",
    "rows_in_memory",
    "scratch",
)
ROWS_OF_OBJECT = "folder"
"""See `mallorn.sources.format`."""

LABELS = ("classALeRCE", "label")
"""Columns of a table of objects with a class. `class` is a classifier's guess: name it in the settings to use it."""

FIDS = {"1": "g", "2": "r", "3": "i"}
LIMIT_SIGMA = 5.0
SATURATED, DETECTED = 1024, 4096  # bits of SNANA's PHOTFLAG
SNANA_ZERO_POINT, NANOJANSKY = 27.5, 31.4

_ZTF, _LSST, _ELASTICC = 0, 1, 2
_TIME = {_ZTF: "MJD UTC", _LSST: "MJD TAI", _ELASTICC: "MJD, scale not told"}
_RANK = {DETECTIONS: exposures.DETECTION, FORCED: exposures.FORCED, LIMITS: exposures.LIMIT, SNANA: exposures.FORCED}
_HOST = {"host_ps1_star_score": "sgscore1", "host_ps1_distance_arcsec": "distpsnr1", "host_reference_mag": "magnr"}
_WANTED = {
    *IDS,
    *TIMES,
    *_HOST.values(),
    *("fid", "band", "band_name", "BAND", "FLT", "ra", "dec", "meanra", "meandec", "isdiffpos", "corrected", "dubious"),
    *("magpsf", "sigmapsf", "mag", "e_mag", "magpsf_corr", "sigmapsf_corr", "sigmapsf_corr_ext", "mag_corr"),
    *("e_mag_corr", "e_mag_corr_ext", "diffmaglim", "rb", "drb", "procstatus", "psfFlux", "psfFluxErr", "psfFlux_flag"),
    *("scienceFlux", "scienceFluxErr", "FLUXCAL", "FLUXCALERR", "PHOTFLAG", "redshift", "RA", "DEC", *LABELS),
}


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for files that are not ALeRCE's."""
    flux = settings.get("flux", "difference")
    if flux not in ("difference", "direct"):
        raise ConfigError(f"flux: expected difference or direct, found {flux!r}. Next step: choose one of them.")
    most = settings.get("rows_in_memory", MOST_ROWS)
    catalogue = _Catalogue(settings)

    def rows():
        wanted = _WANTED | ({settings["label"]} if settings.get("label") else set())
        for part in parts(path, wanted, settings, most):
            if part.kind == OBJECTS:
                catalogue.add(part)
            else:
                yield _ROWS[part.kind](part, settings)

    last, seen = None, set()
    for table in whole_objects(rows(), most, settings.get("scratch")):
        if last:
            yield last
        table = exposures.once_an_exposure(table, keep_copies=True)
        surveys = np.unique(numpy_array(table.column("survey"))).tolist()
        about = {"format": "ALeRCE", "flux": flux, "time": " and ".join(_TIME[k] for k in surveys) or _TIME[_ZTF]}
        last = batch_of(table, about, catalogue.describe)
        seen.update(last.objects["object_id"].tolist())
    if last is None and not catalogue.known:
        fix = "give the path of files with light curves"
        raise DataError.at(path, expected="rows of light curves or objects", found="none", fix=fix)
    if last is None:
        last = catalogue.alone({"format": "ALeRCE", "flux": flux, "time": _TIME[_ZTF]})
    elif left := len(set(catalogue.known) - seen):
        last.about["objects without light curves"] = str(left)
    yield last


def _ztf(part, settings):
    """Return the rows of ZTF's detections or forced photometry."""
    if part.first("psfFlux", "scienceFlux"):
        return _lsst(part, settings)
    reasons, direct = Reasons(len(part)), settings.get("flux") == "direct"
    forced = part.kind == FORCED
    if forced and part.first("procstatus"):
        sound = [str(code) for code in settings.get("procstatus", ("0",))]
        reasons.add(~part.looked_up("procstatus", lambda code: _whole(code) in sound, False), "procstatus is not sound")
    for name in ("rb", "drb"):
        if settings.get(f"min_{name}") is not None:
            reasons.add(part.numbers(name) < settings[f"min_{name}"], f"{name} below {settings[f'min_{name}']:g}")
    if direct:
        magnitude, error = _corrected(part, reasons)
        sign = np.ones(len(part))
    else:
        magnitude, error = part.numbers("magpsf", "mag"), part.numbers("sigmapsf", "e_mag")
        sign = _signs(part)
        reasons.add(np.isnan(sign), "sign of the difference (isdiffpos) is not known")
        reasons.add(np.isnan(magnitude), "no magnitude")
    with np.errstate(over="ignore", invalid="ignore"):
        flux, flux_err = flux_of_magnitude(magnitude, error)
    return _table(part, settings, sign * flux, flux_err, reasons, _fid, _ZTF, np.full(len(part), 0 if forced else 1))


def _corrected(part, reasons):
    """Return magnitudes and errors of source and reference together; add why there are none."""
    if part.first("corrected"):
        reasons.add(~part.true("corrected"), "magnitude was not corrected")
    reasons.add(part.true("dubious"), "correction is dubious")
    magnitude = part.numbers("magpsf_corr", "mag_corr")
    reasons.add(np.isnan(magnitude), "magnitude could not be corrected")
    extended = part.numbers("sigmapsf_corr_ext", "e_mag_corr_ext")
    error = np.where(extended > 0, extended, part.numbers("sigmapsf_corr", "e_mag_corr"))
    reasons.add(np.isnan(error), "error of the corrected magnitude is not known (100)")
    return magnitude, error


def _limits(part, settings):
    """Return the rows of non-detections: upper limits of the difference image."""
    reasons, n = Reasons(len(part)), len(part)
    reasons.add(np.full(n, settings.get("flux") == "direct"), "limit of the difference image")
    limit = part.numbers("diffmaglim")
    reasons.add(np.isnan(limit), "no limit")
    with np.errstate(over="ignore"):
        error = flux_of_magnitude(limit)[0] / LIMIT_SIGMA
    lsst = part.first("band", "band_name") is not None
    meaning, survey = (_band(settings), _LSST) if lsst else (_fid, _ZTF)
    limit = np.ones(n, dtype=bool)
    return _table(part, settings, np.zeros(n), error, reasons, meaning, survey, np.zeros(n), limit)


def _lsst(part, settings):
    """Return the rows of LSST's detections or forced photometry."""
    reasons = Reasons(len(part))
    reasons.add(part.true("psfFlux_flag"), "psfFlux_flag")
    name = "scienceFlux" if settings.get("flux") == "direct" else "psfFlux"
    flux = to_microjansky(no_sentinels(part.raw_numbers(name), (-99999.0,)), NANOJANSKY)
    error = to_microjansky(part.numbers(name + "Err"), NANOJANSKY)
    detected = np.full(len(part), 0 if part.kind == FORCED else 1)
    return _table(part, settings, flux, error, reasons, _band(settings), _LSST, detected)


def _snana(part, settings):
    """Return the rows of a light curve with SNANA's columns, zero point 27.5."""
    reasons = Reasons(len(part))
    flags = np.nan_to_num(part.raw_numbers("PHOTFLAG")).astype(np.int64)
    reasons.add(part.raw_numbers(*TIMES) == -777, "end of an object")
    reasons.add(flags & SATURATED != 0, "saturated")
    reasons.add(np.full(len(part), settings.get("flux") == "direct"), "no direct flux")
    flux = to_microjansky(no_sentinels(part.raw_numbers("FLUXCAL"), ()), SNANA_ZERO_POINT)
    error = to_microjansky(no_sentinels(part.raw_numbers("FLUXCALERR"), ()), SNANA_ZERO_POINT)
    detected = (flags & DETECTED != 0) if part.first("PHOTFLAG") else np.full(len(part), -1)
    return _table(part, settings, flux, error, reasons, _band(settings), _ELASTICC, detected)


_ROWS = {DETECTIONS: _ztf, FORCED: _ztf, LIMITS: _limits, SNANA: _snana}


# size: one argument for each value that kinds of tables name differently
def _table(part, settings, flux, error, reasons, meaning, survey, detected, limit=None):
    names = part.texts("band_name", "BAND", "FLT", "fid", "band")
    bands = passbands(names, meaning, settings, reasons)
    ra, dec = part.numbers("ra", "RA"), part.numbers("dec", "DEC")
    n = len(part)
    further = {name: part.numbers(column) for name, column in _HOST.items()}
    return mjd_rows(
        part.ids(settings.get("object_id")),
        part.raw_numbers(*TIMES),
        bands,
        flux,
        error,
        reasons,
        detected=detected,
        limit=limit,
        kind=np.full(n, _RANK[part.kind], dtype=np.int8),
        survey=np.full(n, survey, dtype=np.int8),
        ra=ra,
        dec=dec,
        **further,
    )


def _signs(part):
    """Return the sign (n,) of each difference: + if isdiffpos is 1, "t", true; - for 0, -1, "f", false; else NaN."""
    meaning = {"1": 1.0, "t": 1.0, "true": 1.0, "0": -1.0, "-1": -1.0, "f": -1.0, "false": -1.0}
    return part.looked_up("isdiffpos", lambda text: meaning.get(_whole(text), np.nan), np.nan)


def _whole(text):
    return text.lower().removesuffix(".0").lstrip("+")


def _fid(text):
    name = _whole(text)
    return passband("ztf", FIDS.get(name, name))


def _band(settings):
    survey = settings.get("survey", "lsst")

    def meaning(text):
        return passband(survey, text.split("-")[-1])

    return meaning


def _nothing():
    reasons, none = Reasons(0), np.zeros(0)
    further = {name: none for name in ("ra", "dec", *_HOST)}
    empty = pa.array([], pa.string())
    return mjd_rows(empty, none, empty, none, none, reasons, kind=none, survey=none, **further)


class _Catalogue:
    """The content of tables of objects: {id: {column: value}}."""

    def __init__(self, settings):
        self._settings = settings
        self._labels = (settings["label"],) if settings.get("label") else LABELS
        self.known = {}

    def add(self, part):
        """Note the rows of a table of objects; the first known value counts."""
        ids = numpy_array(part.ids(self._settings.get("object_id")))
        labels = numpy_array(part.texts(*self._labels))
        ra, dec, redshift = (
            part.numbers("meanra", "ra", "RA"),
            part.numbers("meandec", "dec", "DEC"),
            part.numbers("redshift"),
        )
        for object_id, *values in zip(ids, ra, dec, redshift, labels, strict=True):
            if not object_id:
                fix = "give each object an id, or leave the row out"
                raise DataError.at(part.path, expected="an id in each row", found="a row without one", fix=fix)
            known = self.known.setdefault(object_id, {})
            for name, value in zip(("ra", "dec", "redshift", "label"), values, strict=True):
                if value is not None and value == value:
                    known.setdefault(name, value)

    def describe(self, names, codes, table):
        """Return {column: (n,) array} for the objects `names` of a table of rows."""
        n = len(names)
        host = {name: first_values(numpy_array(table.column(name)), codes, n) for name in _HOST}
        ra, dec = _medians(numpy_array(table.column("ra")), numpy_array(table.column("dec")), codes, n)
        for name, of_rows in (("ra", ra), ("dec", dec)):
            listed = self._listed(names, name)
            np.copyto(of_rows, listed, where=~np.isnan(listed))
        label = np.array([self.known.get(name, {}).get("label") for name in names] + [None], dtype=object)[:-1]
        redshift = best_redshift(n, (self._listed(names, "redshift"), None, "spectroscopic"))
        return object_columns(n, ra=ra, dec=dec, label=label, **redshift, **host)

    def alone(self, about):
        """Return the `Batch` of the objects if there are no light curves."""
        batch = batch_of(_nothing(), about | {"points": "none: a table of objects"}, lambda *_: {})
        names = list(self.known)
        table = pa.table({name: arrow_array(np.zeros(0)) for name in ("ra", "dec", *_HOST)})
        batch.objects = {"object_id": np.array([*names, None], dtype=object)[:-1]}
        batch.objects |= self.describe(names, np.zeros(0, dtype=np.int64), table)
        return batch

    def _listed(self, names, column):
        return np.array([self.known.get(name, {}).get(column, np.nan) for name in names], dtype=float)


def _medians(ra, dec, codes, n):
    """Return the median position of n objects, (n,) each, degrees; right ascension relative to the first row."""
    ra, dec = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
    start = first_values(ra, codes, n)
    shift = (ra - start[codes] + 180.0) % 360.0 - 180.0
    medians = pd.DataFrame({"ra": shift, "dec": dec}).groupby(codes).median().reindex(range(n))
    return (start + medians["ra"].to_numpy()) % 360.0, medians["dec"].to_numpy(copy=True)
