"""Find the columns of a table: by the user's mapping, and by guesses for the usual names."""

import re
from dataclasses import dataclass, field

from mallorn.errors import DataError
from mallorn.sources.values import listed

__all__ = ["GUESSES", "OBJECTS", "POINTS", "Roles", "guessed_roles", "object_roles", "plain", "point_roles"]

GUESSES = {
    "object_id": "object_id oid snid dia_object_id obj_id ztfid transient_id id source_id name object designation cid",
    "mjd": "mjd midpoint_mjd_tai midpoint_tai expmidptmjd obsmjd mjd_obs time_mjd hmjd time t",
    "jd": "jd jd_obs obsjd",
    "passband": "passband band filter filt flt filtername fid filter_id filterid bandpass",
    "flux": "flux_ujy ujy flux_njy flux_mjy flux_jy flux psf_diff_flux psf_flux ps_flux fluxcal",
    "magnitude": "magpsf mag magnitude psf_mag m",
    "limit_magnitude": "diffmaglim limiting_magnitude limmag maglim lim_mag",
    "is_limit": "upper_limit is_limit upperlimit limit",
    "sign": "isdiffpos",
    "zero_point": "zp zero_point zeropoint zpdiff magzp",
    "photflag": "photflag",
    "detected": "detected detected_bool is_detection detection",
    "ra": "ra meanra ra_deg radeg raj2000 right_ascension coord_ra",
    "dec": "dec decl meandec dec_deg dedeg dej2000 declination coord_dec",
    "redshift": "redshift_final redshift_helio redshift z_final zspec z_spec specz spec_z",
    "redshift_err": "redshift_final_err redshift_helio_err redshift_err z_err z_final_err zspec_err",
    "host_redshift": "hostgal_specz host_specz",
    "host_redshift_err": "hostgal_specz_err host_specz_err",
    "photo_redshift": "hostgal_photoz photoz photo_z zphot z_phot",
    "photo_redshift_err": "hostgal_photoz_err photoz_err photo_z_err zphot_err z_phot_err",
    "ebv": "ebv mwebv ebv_mw",
    "av": "a_v av",
    "label": "label type class spectype sim_type_name classalerce class_simulated true_target target",
}
"""Usual column names for each role; the first that a table has counts. Case, `_` and the like do not matter."""

POINTS = ("object_id", "mjd", "jd", "passband", "flux", "flux_err", "magnitude", "magnitude_err", "limit_magnitude")
POINTS += ("is_limit", "sign", "zero_point", "photflag", "detected")
OBJECTS = ("ra", "dec", "redshift", "redshift_err", "host_redshift", "host_redshift_err", "photo_redshift")
OBJECTS += ("photo_redshift_err", "ebv", "av", "label")

_ERRORS_OF = {
    "magpsf": ("sigmapsf",),
    "magpsfcorr": ("sigmapsfcorrext", "sigmapsfcorr"),
    "m": ("dm",),
    "ujy": ("dujy",),
}
_HOST = re.compile(r"^(hostgal|host)_", re.IGNORECASE)


@dataclass
class Roles:
    """of: {role: column}. carried: {name in the objects' table: column}. text: carried columns that are text."""

    of: dict
    carried: dict
    text: tuple = field(default_factory=tuple)

    @property
    def columns(self):
        """The columns to read, each once."""
        return list(dict.fromkeys([*self.of.values(), *self.carried.values()]))


def point_roles(path, names, settings, meta=(), errors=True):
    """Return the `Roles` of the columns `names` of a table of points.

    settings: `columns`, {role: column}, comes before any guess; a role whose column is null is left out. meta: roles in
    the table's header. Raises DataError, with a list of `names`, if a needed role could not be guessed.
    """
    roles = _mapped(path, names, settings.get("columns"), (*POINTS, *OBJECTS))
    free = [role for role in GUESSES if role not in roles]
    for role in free:
        if role not in ("flux", "magnitude", "zero_point"):
            roles[role] = _guess(names, role, roles)
    if not roles.get("flux") and not roles.get("magnitude"):
        roles["flux"] = _guess(names, "flux", roles) if "flux" in free else None
        if not roles["flux"] and "magnitude" in free:
            roles["magnitude"] = _guess(names, "magnitude", roles)
    for role in ("flux", "magnitude"):
        if roles.get(role) and f"{role}_err" not in roles:
            roles[f"{role}_err"] = _error_of(names, roles[role], role)
    if "zero_point" in free and roles.get("flux") and plain(roles["flux"]) not in ("fluxcal", *_WITH_UNIT):
        roles["zero_point"] = _guess(names, "zero_point", roles)
    roles = {role: column for role, column in roles.items() if column}
    if roles.get("mjd") and roles.get("jd"):
        roles.pop("jd")
    given = {*roles, *settings.get("constants", ()), *meta}
    for role, also in (("mjd", "jd"), ("passband", None), ("flux", "magnitude")):
        if role not in given and also not in given:
            raise _missing(path, names, role, also)
    for role in ("flux", "magnitude"):
        if errors and role in roles and f"{role}_err" not in given:
            raise _missing(path, names, f"{role}_err", None)
    return _carried(path, names, settings.get("carry", ()), roles)


def object_roles(path, names, settings):
    """Return the `Roles` of the columns `names` of a table of objects; `settings`: `object_columns`, `carry`."""
    mapped = _mapped(path, names, settings.get("object_columns"), ("object_id", *OBJECTS))
    roles = {role: column for role, column in (guessed_roles(names).of | mapped).items() if column}
    if "object_id" not in roles:
        raise _missing(path, names, "object_id", None, "object_columns")
    present = [name for name in settings.get("carry", ()) if name in names]
    return _carried(path, names, present, roles)


_WITH_UNIT = ("fluxujy", "ujy", "fluxnjy", "fluxmjy", "fluxjy")


def _mapped(path, names, mapping, allowed):
    mapping = dict(mapping or {})
    for role, column in mapping.items():
        if role not in allowed:
            fix = "use these names in columns"
            raise DataError.at(path, expected=f"roles of {', '.join(allowed)}", found=repr(role), fix=fix)
        if column is not None and column not in names:
            fix = f"set columns.{role} to the name of one of them"
            found = f"only {listed(names)}"
            raise DataError.at(path, expected=f"a column {column!r} for {role}", found=found, fix=fix)
    return mapping


def _guess(names, role, taken):
    by_plain = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
    used = {column for column in taken.values() if column}
    for usual in GUESSES[role].split():
        name = by_plain.get(plain(usual))
        if name is not None and name not in used:
            return name
    return None


def _error_of(names, column, role):
    by_plain = {plain(name): name for name in names}
    base = plain(column)
    stem = re.sub("(ujy|njy|mjy|jy)$", "", base)
    candidates = [*_ERRORS_OF.get(base, ())]
    for part in dict.fromkeys((base, stem, "flux" if role == "flux" else "mag")):
        candidates += [f"{part}{end}" for end in ("err", "error", "unc", "sigma", "uncertainty")]
        candidates += [f"{start}{part}" for start in ("e", "err", "error", "d", "sigma", "sig", "unc")]
    unit = base[len(stem) :]
    candidates += [f"{stem}err{unit}", f"{stem}error{unit}", f"d{stem}{unit}"]
    return next((by_plain[name] for name in candidates if name in by_plain and by_plain[name] != column), None)


def _carried(path, names, carry, roles):
    for name in carry:
        if name not in names:
            fix = "set carry to some of these"
            raise DataError.at(path, expected=f"a column {name!r} to carry", found=f"only {listed(names)}", fix=fix)
    used = set(roles.values())
    host = {"host_" + _HOST.sub("", name): name for name in names if _HOST.match(name) and name not in used}
    return Roles(roles, host | {name: name for name in carry}, tuple(carry))


def _missing(path, names, role, also, key="columns"):
    what = f"a column for {role}" + (f" or {also}" if also else "")
    usual = listed(GUESSES.get(role, "").split(), 8)
    expected = f"{what}, named in the settings or as usual ({usual})" if role in GUESSES else f"{what}, named as usual"
    return DataError.at(
        path,
        expected=expected,
        found=f"the columns {listed(names)}",
        fix=f"set {key}.{role} to the name of the column",
    )


def guessed_roles(names):
    """Return the `Roles` of objects that `names`, columns or keys of a header, usually have."""
    roles = {}
    for role in ("object_id", *OBJECTS):
        roles[role] = _guess(names, role, roles)
    roles = {role: column for role, column in roles.items() if column}
    return _carried("", names, (), roles)


def plain(name):
    """Return a name without case, blanks and punctuation."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())
