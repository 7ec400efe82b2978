"""Turn rows of a table into points: units, signs, upper limits, times and passbands."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes
from mallorn.sources.canonical import flux_of_magnitude, to_microjansky
from mallorn.sources.met_passbands import MetPassbands
from mallorn.sources.rows import Reasons, numbered, row_table
from mallorn.sources.table_columns import POINTS, plain, point_roles
from mallorn.sources.table_objects import extra_columns, header_values, values_of
from mallorn.sources.values import id_strings, listed

__all__ = ["DETECTED_BIT", "FLAGS", "MASKS", "MOST_NAMED", "SATURATED_BIT", "PointRows", "leave_unknown", "passband_of"]

SATURATED_BIT, DETECTED_BIT = 1024, 4096
"""Bits of SNANA's PHOTFLAG."""

MASKS = {"catflags": 32768}
"""Bits of columns that set rows aside: those that ZTF's light curves call bad."""

FLAGS = (
    "pixelFlags_bad",
    "pixelFlags_nodataCenter",
    "diff_PixelFlags_nodataCenter",
    "pixelFlags_offimage",
    "pixelFlags_saturatedCenter",
    "invalidPsfFlag",
)
"""Flags of Rubin's tables that set rows aside by default, beside that of the flux itself."""

MOST_NAMED = 50
"""Most unknown names of passbands that are reported one by one."""

_UNITS = {"ujy": 23.9, "njy": 31.4, "mjy": 16.4, "jy": 8.9}
_NAMES = {"fluxujy": 23.9, "ujy": 23.9, "fluxnjy": 31.4, "fluxmjy": 16.4, "fluxjy": 8.9, "fluxcal": 27.5}
_NAMES |= {"psfflux": 31.4, "psfdiffflux": 31.4, "psflux": 31.4}
_ZTF = {"1": "g", "2": "r", "3": "i", "zg": "g", "zr": "r", "zi": "i", "R": "r", "g": "g", "r": "r", "i": "i"}
_SURVEYS = ("lsst", "ztf", "atlas", "ps1", "des", "sdss", "uvot")
_PREFIXED = re.compile(r"^([A-Za-z0-9]+)(?:::|[-_.:])([A-Za-z0-9']+)$|^(lsst|ztf|atlas|ps1|des|sdss)([A-Za-z])$")
_POSITIVE, _NEGATIVE = ("1", "1.0", "t", "true", "+", "+1"), ("-1", "-1.0", "0", "0.0", "f", "false", "-")
_YES = ("1", "1.0", "t", "true", "yes", "y", ">", "<")


class PointRows:
    """Turns the rows of one file into points.

    Attributes: columns, those to read; extra, names of columns on the objects; about, facts on the file; met, the
    `MetPassbands`; named, whether anything gives ids. roles: of the columns; by default mapped or guessed.
    """

    def __init__(self, path, table, settings, roles=None):
        self._path, self._settings = path, settings
        self._meta = header_values(table.meta)
        roles = point_roles(path, table.names, settings, self._meta) if roles is None else roles
        self._roles, self._objects = roles.of, roles
        self._masks = settings.get("mask", {name: bits for name, bits in MASKS.items() if name in table.names})
        self._drop = settings.get("drop", {})
        self._flags = settings.get("flags", self._usual_flags(table.names))
        for name in (*self._masks, *self._drop, *self._flags):
            if name not in table.names:
                fix = "set mask, drop and flags to columns that the file has"
                raise DataError.at(path, expected=f"a column {name!r}", found=listed(table.names), fix=fix)
        self._constants = dict(settings.get("constants") or {})
        for role in self._constants:
            if role not in POINTS:
                fix = "use these names in constants"
                raise DataError.at(path, expected=f"roles of {', '.join(POINTS)}", found=repr(role), fix=fix)
        self.columns = list(dict.fromkeys([*roles.columns, *self._masks, *self._drop, *self._flags]))
        extra = [role for role in roles.of if role not in POINTS]
        self.extra = sorted({*extra, *roles.carried, *(name for name in self._meta if name != "object_id")})
        self.named = any("object_id" in told for told in (roles.of, self._constants, self._meta))
        self._zero_point, unit = self._of_unit(table)
        self._error_zero_point = self._of_error(table)
        self.met = MetPassbands()
        self.about = self._about(unit)

    def of(self, part, extra, reasons=None):
        """Return the `row_table` of a `Part`, with the columns of objects `extra`; earlier `reasons` are kept."""
        n = part.n
        reasons = reasons or Reasons(n)
        for name in self._flags:
            reasons.add(_yes(part, name), name)
        for name, bits in self._masks.items():
            values = np.nan_to_num(part.numbers(name), nan=0.0, posinf=0.0, neginf=0.0)
            reasons.add((values.astype(np.int64) & int(bits)) != 0, f"{name} & {int(bits)}")
        for name, dropped in self._drop.items():
            wanted = pc.is_in(part.texts(name), value_set=arrow_array(np.array([str(value) for value in dropped])))
            reasons.add(_bools(wanted), f"{name} of drop")
        flag = np.nan_to_num(self._numbers(part, "photflag"), nan=0.0).astype(np.int64)
        reasons.add((flag & SATURATED_BIT) != 0, "saturated (PHOTFLAG 1024)")
        ids, times = self._ids(part), self._times(part)
        reasons.add(times == -777.0, "end of an object (MJD -777)")
        flux, error, limit = self._fluxes(part, reasons)
        reasons.add((flux == 0.0) & ~limit, "flux of exactly 0: no template")
        passband = self._passbands(part, ids, reasons)
        told = values_of(part, self._objects, self._path)
        told = {name: np.full(n, value) for name, value in self._meta.items()} | told
        return row_table(
            ids,
            times,
            passband,
            flux,
            error,
            reasons,
            self._detected(part, flag, limit),
            limit,
            **extra_columns(told, extra, n),
        )

    def _usual_flags(self, names):
        """Return the flags of Rubin's tables among `names`: those of the pixels, and that of the flux in use."""
        own = (f"{self._roles['flux']}_flag",) if "flux" in self._roles else ()
        return [name for name in (*own, *FLAGS) if name in names]

    def _numbers(self, part, role):
        if role in self._constants:
            return np.full(part.n, float(self._constants[role]))
        return part.numbers(self._roles[role]) if role in self._roles else np.full(part.n, np.nan)

    def _ids(self, part):
        if "object_id" in self._roles:
            return id_strings(part.column(self._roles["object_id"]), self._path, self._roles["object_id"])
        name = self._path.name.split(".")[0] if self._path.name.endswith(".gz") else self._path.stem
        return _same(self._constants.get("object_id", self._meta.get("object_id", name)), part.n)

    def _times(self, part):
        role = "mjd" if "mjd" in self._roles or "mjd" in self._constants else "jd"
        times = self._numbers(part, role)
        form = self._settings.get("time", "jd" if role == "jd" else None)
        with np.errstate(invalid="ignore"):
            julian = times > 2_400_000.0 if form is None else np.full(part.n, form == "jd")
        return np.where(julian, times - 2_400_000.5, times)

    def _fluxes(self, part, reasons):
        """Return flux and error in microjansky, and which rows are upper limits, (n,) each."""
        limit = np.zeros(part.n, dtype=bool)
        if "flux" in self._roles:
            zero_point = self._zero_point
            if "zero_point" in self._roles:
                zero_point = self._numbers(part, "zero_point")
                reasons.add(~np.isfinite(zero_point), "no zero point")
            with np.errstate(over="ignore"):
                flux = to_microjansky(self._numbers(part, "flux"), zero_point)
                own = self._error_zero_point
                error = to_microjansky(self._numbers(part, "flux_err"), zero_point if own is None else own)
            if "is_limit" in self._roles:  # a limit with a flux of 0, as `mallorn convert` writes it
                limit = _yes(part, self._roles["is_limit"]) & (flux == 0.0)
        else:
            magnitude = _magnitudes(self._numbers(part, "magnitude"))
            with np.errstate(over="ignore"):
                flux, error = flux_of_magnitude(magnitude, _magnitudes(self._numbers(part, "magnitude_err")))
            depth = _magnitudes(self._numbers(part, "limit_magnitude"))
            if "is_limit" in self._roles:
                upper = _yes(part, self._roles["is_limit"])
                depth = np.where(upper & np.isnan(depth), magnitude, depth)
                magnitude = np.where(upper, np.nan, magnitude)
            limit = np.isnan(magnitude) & np.isfinite(depth)
            with np.errstate(over="ignore"):
                error = np.where(limit, flux_of_magnitude(depth)[0] / 5.0, error)
            flux = np.where(limit, 0.0, flux)
        if "sign" in self._roles:
            sign = self._signs(part)
            reasons.add(np.isnan(sign) & ~limit, f"no sign in {self._roles['sign']}")
            flux = np.where(limit, 0.0, flux * sign)
        return flux, error, limit

    def _signs(self, part):
        text = pc.utf8_lower(part.texts(self._roles["sign"]))
        sign = np.full(part.n, np.nan)
        sign[_bools(pc.is_in(text, value_set=_set(_POSITIVE)))] = 1.0
        sign[_bools(pc.is_in(text, value_set=_set(_NEGATIVE)))] = -1.0
        return sign

    def _detected(self, part, flag, limit):
        if "detected" in self._roles:
            name = self._roles["detected"]
            return np.where(_yes(part, name), 1, np.where(_untold(part, name), -1, 0))
        if "photflag" in self._roles:
            return np.where((flag & DETECTED_BIT) != 0, 1, 0)
        alerts = "sign" in self._roles or "limit_magnitude" in self._roles or "is_limit" in self._roles
        return np.where(limit, 0, 1 if alerts else -1)

    def _passbands(self, part, ids, reasons):
        """Return the names of the passbands in the data file, as Arrow strings."""
        if "passband" in self._constants:
            column = _same(self._constants["passband"], part.n)
        else:
            column = part.texts(self._roles["passband"])
        codes, names = numpy_codes(pa.chunked_array([column]).dictionary_encode())
        first = next((text for text in (ids[k].as_py() for k in range(min(1, part.n))) if text), "")
        found = [self._passband(name, first.startswith("ZTF")) for name in names]
        leave_unknown(codes, names, found, reasons)
        self.met.add(codes, names, found, self._settings)
        return numbered(codes, found)

    def _passband(self, name, ztf):
        survey = self._settings.get("survey")
        column = plain(self._roles.get("passband", ""))
        if survey is None and (ztf or column in ("fid", "filterid")):
            survey = "ztf" if _ZTF.get(name) else None
        return passband_of(name, survey, self._settings.get("passbands"))

    def _of_unit(self, table):
        """Return the zero point of the fluxes, None for magnitudes, and the unit in words."""
        if "flux" not in self._roles:
            return None, "AB magnitudes"
        column = self._roles["flux"]
        if "zero_point" in self._settings:
            return float(self._settings["zero_point"]), f"AB zero point {self._settings['zero_point']}"
        if "zero_point" in self._roles:
            return None, f"AB zero points of the column {self._roles['zero_point']}"
        unit = self._settings.get("unit", table.units.get(column))
        if unit:
            return self._zero_point_of(str(unit), column), str(unit)
        if plain(column) in _NAMES:
            return _NAMES[plain(column)], f"AB zero point {_NAMES[plain(column)]}, by the name {column}"
        return 23.9, "microjansky, not told by the file"

    def _of_error(self, table):
        """Return the zero point of the errors where the file tells another unit of them than of the fluxes, or None."""
        column, flux = self._roles.get("flux_err"), self._roles.get("flux")
        told = not {"zero_point", "unit"} & set(self._settings) and "zero_point" not in self._roles
        if told and flux in table.units and table.units.get(column, table.units[flux]) != table.units[flux]:
            return self._zero_point_of(str(table.units[column]), column)
        return None

    def _zero_point_of(self, unit, column):
        if unit.lower() in _UNITS:
            return _UNITS[unit.lower()]
        from astropy import units  # imported only here: it takes most of a second

        try:
            return 23.9 - 2.5 * np.log10(units.Unit(unit).to(units.uJy))
        except (ValueError, TypeError, units.UnitsError):
            fix = "set unit to uJy, nJy, mJy or Jy, or zero_point to the AB magnitude of one unit"
            expected = "a unit of flux density"
            raise DataError.at(self._path, column=column, expected=expected, found=repr(unit), fix=fix) from None

    def _about(self, unit):
        time = self._roles.get("mjd") or self._roles.get("jd") or "a constant"
        role = "JD, converted" if "mjd" not in self._roles or self._settings.get("time") == "jd" else "MJD"
        told = "TAI" if re.search("tai|expmidpt", time.lower()) else "heliocentric" if plain(time) == "hmjd" else None
        scale = self._settings.get("scale") or told or "scale not told"
        told = "sign" in self._roles or plain(self._roles.get("flux", "")) in ("fluxcal", "psfdiffflux")
        return {
            "time": f"{role} {scale}",
            "flux": self._settings.get("flux", "difference" if told else "not told"),
            "unit": unit,
        }


def leave_unknown(codes, names, found, reasons):
    """Set aside the rows with a passband of no known survey; return the names of these.

    codes: (n,) indices of the rows' names, -1 where missing. names: in the file. found: the passbands, None if unknown.
    Only the first `MOST_NAMED` have a reason of their own: a column of something else may have millions of names.
    """
    unknown = [k for k, name in enumerate(names) if found[k] is None and name not in ("", "-", None)]
    for k in unknown[:MOST_NAMED]:
        reasons.add(codes == k, f"passband {names[k][:30]!r} of no known survey")
    if len(unknown) > MOST_NAMED:
        reasons.add(np.isin(codes, unknown[MOST_NAMED:]), "passband of no known survey")
    return [names[k] for k in unknown]


def passband_of(name, survey=None, passbands=None):
    """Return the "SURVEY.NAME" of a passband by its name in a file, or None if nothing tells.

    passbands: {name: "SURVEY.NAME"}, comes first. "DES-g", "ztf_r" and "ps1::i" name their survey, and so do the names
    of sncosmo, such as "ztfg"; zg, zr, zi are ZTF's. Else `survey` counts; without it, ugrizy, Y and the numbers 0 to 5
    are LSST's.
    """
    if passbands and name in passbands:
        return passbands[name]
    match = _PREFIXED.match(name or "")
    if match and (match[1] or match[3]).lower() in _SURVEYS:
        survey, name = (match[1] or match[3]).lower(), match[2] or match[4]
    elif name in ("zg", "zr", "zi"):
        survey = survey or "ztf"
    if not name or name == "-":
        return None
    if survey == "des" and name == "y":
        name = "Y"
    if survey == "ztf":
        name = _ZTF.get(name, name)
    if survey in (None, "lsst"):
        lsst = "ugrizy"[int(name)] if name in "012345" and len(name) == 1 else name.replace("Y", "y")
        if len(lsst) != 1 or lsst not in "ugrizy":
            return None
        survey, name = "lsst", lsst
    return f"{survey}.{name}"


def _yes(part, name):
    """Return where (n,) a column says yes: true, 1, or a text such as t or yes."""
    column = part.column(name)
    if pa.types.is_boolean(column.type):
        return _bools(column)
    return _bools(pc.is_in(pc.utf8_lower(part.texts(name)), value_set=_set(_YES)))


def _untold(part, name):
    """Return where (n,) a column of detections tells nothing: -1, as `mallorn convert` writes, or no value."""
    column = part.column(name)
    if pa.types.is_boolean(column.type):
        return _bools(pc.is_null(column))
    text = pc.fill_null(part.texts(name), "")
    return _bools(pc.is_in(text, value_set=_set(("", "-1", "-1.0"))))


def _magnitudes(values):
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < 90.0, values, np.nan)


def _same(text, n):
    return numbered(np.zeros(n, dtype=np.int32), [str(text)])


def _set(texts):
    return arrow_array(np.array(texts, dtype=object))


def _bools(array):
    """Return an Arrow array of truth values as numpy (n,), False where missing."""
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return np.asarray(numpy_array(array.fill_null(False)), dtype=bool)
