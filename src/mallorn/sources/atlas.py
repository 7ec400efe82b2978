"""Forced photometry of ATLAS as its server writes it: text, one file for each position.

Columns, separated by blanks: MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs; the first line
may begin with ###. MJD (UTC) is that of the start of the exposure. The flux is in microjansky (AB), of the difference
image or, if asked for, of the direct one: the file does not tell which. Magnitudes are not read (m of a negative flux
is negative itself). Rows whose err, the server's own flag, is not 0 are set aside.

`path`: a file, or a folder of *.txt, *.dat and *.csv. The object's id is the file's name without its ending. Settings,
all optional: ids ({file name: object id}), flux ("difference", default, or "direct": what was asked for), max_chi (of
chi/N), max_error (microjansky), min_limit (of mag5sig, magnitude), none of the three by default, passbands ({F:
passband or None}), max_megabytes (200), rows_in_memory.
"""

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.sources.events import Event, event_batches, median_position, mjd_rows
from mallorn.sources.json_files import files_of, read_bytes
from mallorn.sources.passband_names import passband, passbands
from mallorn.sources.rows import Reasons
from mallorn.sources.text_tables import columns_of, object_name, text_lines
from mallorn.sources.values import listed

__all__ = ["ABOUT", "batches"]

FILES = r"\.(txt|csv|dat)(\.gz)?$"
SURVEYS = ("atlas",)
SETTINGS = ("ids", "flux", "max_chi", "max_error", "min_limit", "passbands", "max_megabytes", "rows_in_memory")
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

ABOUT = {"format": "ATLAS forced photometry", "time": "MJD UTC; start of the exposure"}

_NEEDED = ("MJD", "uJy", "duJy", "F", "err")
_NUMBERS = ("MJD", "uJy", "duJy", "err", "chi/N", "RA", "Dec", "mag5sig")


def batches(path, settings):
    """Yield `Batch`es of whole objects; raise DataError for a file that is not the server's."""
    flux = settings.get("flux", "difference")
    if flux not in ("difference", "direct"):
        raise ConfigError(f"flux: expected difference or direct, found {flux!r}. Next step: choose one of them.")
    files = files_of(path, (".txt", ".dat", ".csv"))
    yield from event_batches((_event(file, settings) for file in files), ABOUT | {"flux": flux}, settings)


def _event(path, settings):
    columns, whole = _columns(path, read_bytes(path, settings))
    object_id = object_name(path, settings)
    reasons = Reasons(len(whole))
    reasons.add(~whole, "the row is not whole")
    reasons.add(columns["err"] != 0, "err is not 0")
    for key, name in (("max_chi", "chi/N"), ("max_error", "duJy")):
        if settings.get(key) is not None:
            reasons.add(~(columns[name] <= settings[key]), f"{name} above {settings[key]:g}")
    if settings.get("min_limit") is not None:
        reasons.add(~(columns["mag5sig"] >= settings["min_limit"]), f"mag5sig brighter than {settings['min_limit']:g}")
    bands = passbands(columns["F"], lambda name: passband("atlas", name), settings, reasons)
    detected = np.zeros(len(whole))
    rows = mjd_rows(object_id, columns["MJD"], bands, columns["uJy"], columns["duJy"], reasons, detected=detected)
    ra, dec = median_position(columns["RA"], columns["Dec"])
    return Event(object_id, rows, {"ra": ra, "dec": dec})


def _columns(path, data):
    lines = [(k, line) for k, line in enumerate(text_lines(path, data), start=1) if line.strip()]
    line, header = lines[0]
    separator = "," if "," in header else None
    names = [name.strip() for name in header.lstrip("# ").split(separator)]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise DataError.at(
            path,
            line=line,
            expected="the columns MJD m dm uJy duJy F err chi/N RA Dec ...",
            found=listed(names),
            fix="keep the file as ATLAS's forced-photometry server wrote it",
        )
    rows = [[cell.strip() for cell in text.split(separator)] for _, text in lines[1:] if not text.startswith("#")]
    return columns_of(rows, names, _NUMBERS, ("F",))
