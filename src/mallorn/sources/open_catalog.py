"""Events of the Open Astronomy Catalogs (Open TDE Catalog, Open Supernova Catalog): JSON, a file for each event.

{NAME: {"photometry": [{time, u_time, band, magnitude, e_magnitude, system, upperlimit, instrument, source, ...}], "ra":
[{value}], "redshift": [{value}], "ebv": [{value}], "claimedtype": [{value}], ...}}; numbers are text.

Passbands follow from instrument, telescope and survey if these are known (PTF's g and R count as ZTF's, those of
Palomar's 60-inch telescope as SDSS's). UVW1, UVM2 and UVW2 are Swift's. Other u, g, r, i, z are those of the survey in
the settings ("sdss"). Johnson's U, B, V, R, I and the infrared are set aside.

Magnitudes: AB magnitudes stay. Vega magnitudes become AB by `AB_MINUS_VEGA` if the passband is in that table; else they
are set aside. Without a stated system, u, g, r, i, z, y, o, c are AB by convention, and others are set aside, unless
the setting system names one.

Upper limits: flux 0; the error is the limit divided by its sigma, upperlimitsigma or 5 if not stated.

Set aside: photometry of the host (host), with the host's light in it (includeshost) unless the setting host_light is
"keep", models, magnitudes corrected for redshift or Galactic dust, counts and fluxes of X-rays and radio, and the same
point from another source: a row of the same passband and kind as an earlier one, with no source in common, whose time
differs by less than 0.01 days and whose magnitude by less than 0.015. Repetitions within a source are kept. So are
magnitudes corrected for the host's dust (hostnhcorr), since some papers give no others.

`path`: a file, or a folder of *.json. Settings, all optional: survey, system ("AB" or "Vega"), host_light ("drop" or
"keep"), passbands ({band: passband or None}), max_megabytes (200), rows_in_memory.
"""

import numpy as np

from mallorn.errors import DataError
from mallorn.io.tables import numpy_array
from mallorn.sources.ab_magnitudes import AB_MINUS_VEGA, band_of, survey_of
from mallorn.sources.canonical import flux_of_magnitude
from mallorn.sources.events import Event, event_batches, mjd_rows, position, some
from mallorn.sources.json_files import files_of, number, read_json
from mallorn.sources.passband_names import passbands
from mallorn.sources.rows import Reasons

__all__ = ["ABOUT", "batches"]

FILES = r"\.json(\.gz)?$"
SURVEYS = ("sdss", "ztf", "ps1", "atlas", "des", "uvot")
SETTINGS = ("survey", "system", "host_light", "passbands", "max_megabytes", "rows_in_memory")
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

ABOUT = {
    "format": "Open Astronomy Catalog",
    "time": "MJD, scale not told",
    "flux": "not told",
    "source": "cite the catalogue and the sources of the photometry",
}
LIMIT_SIGMA = 5.0
SAME_DAYS, SAME_MAGNITUDE = 0.01, 0.015
MOST_COMPARED = 50  # most earlier rows, within 0.01 days, that a row is compared with

_AB = ("AB", "SDSS")
_BY_CONVENTION = ("u", "g", "r", "i", "z", "y", "o", "c")
_CORRECTED = {
    "kcorrected": "corrected for redshift",
    "scorrected": "corrected by a spectrum (S-corrected)",
    "mcorrected": "corrected for Galactic dust",
}


def batches(path, settings):
    """Yield `Batch`es of whole events; raise DataError for a file that is not the catalogues'."""
    files = files_of(path, (".json",))
    events = (event for file in files for event in _events(file, settings))
    yield from some(event_batches(events, ABOUT, settings), path, "events")


def _events(path, settings):
    content = read_json(path, settings, dict)
    for name, event in content.items():
        rows = event.get("photometry", []) if isinstance(event, dict) else None
        if not name or not isinstance(rows, list) or not _is_event(event):
            raise DataError.at(
                path,
                column=name[:60],
                expected='an event {"name": ..., "photometry": [...], ...}',
                found=type(event).__name__ if rows is None else "other content",
                fix="keep the file as the catalogue gives it: {NAME: {...}}",
            )
        yield Event(name, _rows(name, rows, settings), _known(event))


def _is_event(event):
    return bool({"photometry", "name", "schema", "alias", "claimedtype", "redshift", "ra"} & set(event))


def _rows(name, rows, settings):
    reasons = Reasons(len(rows))
    reasons.add(np.array([not isinstance(row, dict) for row in rows], dtype=bool), "the row is not whole")
    rows = [row if isinstance(row, dict) else {} for row in rows]
    _set_aside(rows, reasons, settings)
    mjd = np.array([_time(row.get("time")) for row in rows], dtype=float)
    units = [str(row.get("u_time", "MJD")) for row in rows]
    reasons.add(np.array([unit.upper() != "MJD" for unit in units], dtype=bool), "time is not in MJD")
    bands = passbands([_band(row, settings) for row in rows], _meaning(settings), settings, reasons)
    magnitude, error = _magnitudes(rows, numpy_array(bands), reasons, settings)
    limit = np.array([_says(row.get("upperlimit")) for row in rows], dtype=bool)
    sigma = np.array([number(row.get("upperlimitsigma", LIMIT_SIGMA)) for row in rows], dtype=float)
    sigma = np.where(sigma > 0, sigma, LIMIT_SIGMA)
    with np.errstate(over="ignore", invalid="ignore"):
        flux, flux_err = flux_of_magnitude(magnitude, error)
        reasons.add(~limit & np.isnan(error), "no error")
        flux, flux_err = np.where(limit & np.isfinite(flux), 0.0, flux), np.where(limit, flux / sigma, flux_err)
    good = reasons.good & np.isfinite(mjd) & np.isfinite(flux)
    same = _from_other_sources(rows, numpy_array(bands), limit, mjd, magnitude, good)
    reasons.add(same, "duplicate of another source")
    detected = np.where(limit, 0, 1)
    return mjd_rows(name, mjd, bands, flux, flux_err, reasons, detected=detected, limit=limit)


def _set_aside(rows, reasons, settings):
    """Set aside the rows that do not measure the event alone."""

    def add(key, reason):
        reasons.add(np.array([_says(row.get(key)) for row in rows], dtype=bool), reason)

    add("host", "photometry of the host")
    if settings.get("host_light") != "keep":
        add("includeshost", "includes the host's light")
    modelled = [bool(row.get("model") or row.get("realization")) for row in rows]
    reasons.add(np.array(modelled, dtype=bool), "a model, no measurement")
    for key, reason in _CORRECTED.items():
        add(key, reason)
    for keys, reason in ((("countrate", "energy", "flux"), "X-rays"), (("fluxdensity", "frequency"), "flux density")):
        other = ["magnitude" not in row and any(key in row for key in keys) for row in rows]
        reasons.add(np.array(other, dtype=bool), f"{reason}, no magnitude")
    reasons.add(np.array([np.isnan(number(row.get("magnitude"))) for row in rows], dtype=bool), "no magnitude")


def _band(row, settings):
    """Return the band of a row for `_meaning`, "BAND@SURVEY", or as the settings name it; None without one."""
    band = row.get("band")
    if not isinstance(band, str) or not band.strip():
        return None
    if band in (settings.get("passbands") or {}):
        return band
    text = " ".join(str(row.get(key, "")) for key in ("instrument", "telescope", "survey", "bandset"))
    survey = survey_of(text)
    return f"{band}@{survey}" if survey else band


def _meaning(settings):
    fallback = settings.get("survey", "sdss")

    def meaning(name):
        band, _, survey = name.partition("@")
        return band_of(band, survey or None, fallback)

    return meaning


def _magnitudes(rows, bands, reasons, settings):
    """Return AB magnitudes and errors (n,), NaN for none; set aside magnitudes of unknown systems."""
    magnitude = np.array([number(row.get("magnitude")) for row in rows], dtype=float)
    error = np.array([_error(row) for row in rows], dtype=float)
    told = [str(row.get("system") or settings.get("system") or "") for row in rows]
    by_convention = [str(row.get("band")).rstrip("'") in _BY_CONVENTION for row in rows]
    system = [text or ("AB" if usual else "") for text, usual in zip(told, by_convention, strict=True)]
    vega = np.array([text == "Vega" for text in system], dtype=bool)
    ab = np.array([text in _AB for text in system], dtype=bool)
    shift = np.array([AB_MINUS_VEGA.get(band, np.nan) for band in bands], dtype=float)
    known = np.array([band is not None for band in bands], dtype=bool)
    reasons.add(known & vega & np.isnan(shift), "Vega magnitude of a passband without a known zero point")
    reasons.add(known & ~vega & ~ab, "system of the magnitude is not known")
    return np.where(vega, magnitude + shift, magnitude), error


def _error(row):
    """Return the error of a magnitude; for an asymmetric error, the mean of the two."""
    both = [number(row.get(key)) for key in ("e_lower_magnitude", "e_upper_magnitude")]
    return number(row["e_magnitude"]) if "e_magnitude" in row else float(np.mean(np.abs(both)))


def _from_other_sources(rows, bands, limit, mjd, magnitude, good):
    """Return where (n,) a row repeats an earlier row of other sources, by the module's rule."""
    sources = [set(str(row.get("source", "")).split(",")) - {""} for row in rows]
    same = np.zeros(len(rows), dtype=bool)
    at = np.flatnonzero(good)
    order = at[np.lexsort((mjd[at], limit[at], bands[at].astype(str)))]
    kept = []  # the last rows that were kept, in the order of time
    for k in order.tolist():
        kept = [
            j
            for j in kept[-MOST_COMPARED:]
            if bands[j] == bands[k] and limit[j] == limit[k] and mjd[k] - mjd[j] < SAME_DAYS
        ]
        near = [j for j in kept if abs(magnitude[k] - magnitude[j]) < SAME_MAGNITUDE]
        if any(sources[j] and sources[k] and not sources[j] & sources[k] for j in near):
            same[k] = True
        else:
            kept.append(k)
    return same


def _time(value):
    """Return a time, or the middle of a list of times."""
    if isinstance(value, list):
        times = [number(one) for one in value]
        return float(np.mean(times)) if times else np.nan
    return number(value)


def _says(value):
    return value is True or str(value).lower() == "true"


def _known(event):
    def first(key):
        values = event.get(key)
        value = values[0] if isinstance(values, list) and values else None
        return value.get("value") if isinstance(value, dict) else None

    ra, dec = position(first("ra"), first("dec"))
    kinds = event["redshift"][0].get("kind", "") if first("redshift") is not None else ""
    known = {"ra": ra, "dec": dec, "redshift": number(first("redshift")), "ebv": number(first("ebv"))}
    known["redshift_kind"] = "photometric" if "photo" in str(kinds).lower() else "spectroscopic"
    label, host = first("claimedtype"), first("host")
    known["label"] = label if isinstance(label, str) else None
    return known | ({"host_name": host} if isinstance(host, str) else {})
