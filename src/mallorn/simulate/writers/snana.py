"""Write a simulated survey as SNANA's FITS pairs, *_HEAD.FITS.gz and *_PHOT.FITS.gz, in the layout of ELAsTiCC2.

Training objects have a pair for each type and split. Test objects have unknown types and one pair for each split,
without SIM_TYPE_NAME. PHOTFLAG has 1024 for a saturated point, 2048 for the one that triggers, 4096 for a detection. A
row with MJD -777 ends an object; all numbers are big-endian, names are padded with blanks.
"""

import gzip
import re
from pathlib import Path

import numpy as np
from astropy.io import fits

from mallorn.io.files import atomic_write
from mallorn.simulate import seen as sight

__all__ = ["write_split"]

_PER_MICROJANSKY = 10.0 ** (0.4 * (27.5 - 23.9))  # FLUXCAL, with the AB zero point 27.5
_SATURATED, _TRIGGER, _DETECTED = 1024, 2048, 4096
_UNKNOWN = -9.0
_END = -777.0
_BLOCK = 2880  # bytes; FITS files have whole numbers of such blocks


def write_split(config, passbands, seed, split, truth, folder):
    """Write the objects of `split` to `folder`/{train,test}/`split`/*.FITS.gz; return the number of points.

    config: the block `simulation` of config.yaml. passbands: the `Passbands` of the survey. truth: {column: array} of
    truth.parquet; rows of other splits are skipped. Points without a flux are left out.
    """
    n_points = 0
    for part in ("train", "test"):
        place = Path(folder, part, split)
        place.mkdir(parents=True, exist_ok=True)
        pairs = {}
        for row in sight.members(truth, split, part):
            pairs.setdefault(row["spec_type"] if part == "train" else "all", []).append(row)
        for name, rows in pairs.items():
            stem = f"{_survey(config)}_{part.upper()}_{re.sub('[^A-Za-z0-9]+', '-', name)}"
            n_points += _write_pair(place / stem, config, passbands, seed, rows)
    return n_points


def _survey(config):
    return config["survey"].upper()


def _write_pair(stem, config, passbands, seed, rows):
    """Write one pair; return the number of points. stem: the path without _HEAD.FITS.gz."""
    curves = [sight.seen(config, passbands, seed, row) for row in rows]
    known = [_known(config, passbands, seed, row, curve) for row, curve in zip(rows, curves, strict=True)]
    counts = np.array([len(curve.mjd) for curve in curves])
    first = np.cumsum(counts + (counts > 0)) - counts - (counts > 0) + 1
    head = {name: np.array([one[name] for one in known]) for name in known[0]}
    head["PTROBS_MIN"], head["PTROBS_MAX"] = first.astype(np.int32), (first + counts - 1).astype(np.int32)
    names = np.array([_band(config, name) for name in passbands.names])
    phot = [_points(curve, names) for curve in curves if len(curve.mjd)]
    phot = {name: np.concatenate([part[name] for part in phot]) for name in phot[0]} if phot else _points(None, names)
    for kind, columns in (("HEAD", head), ("PHOT", phot)):
        _write_table(stem.with_name(f"{stem.name}_{kind}.FITS.gz"), columns, config)
    return int(counts.sum())


def _band(config, name):
    """Return the name of a passband in SNANA's files, which call LSST's y Y."""
    return "Y" if config["survey"] == "lsst" and name == "y" else name


def _points(curve, names):
    """Return the rows of PHOT of one object, with the row that ends it; no rows without a curve."""
    if curve is None:
        nothing = np.zeros(0, dtype=np.float32)
        columns = {"MJD": np.zeros(0), "BAND": np.zeros(0, dtype="U2"), "PHOTFLAG": np.zeros(0, dtype=np.int32)}
        return columns | {"FLUXCAL": nothing, "FLUXCALERR": nothing}
    flag = np.where(curve.detected, _DETECTED, 0) + np.where(curve.saturated, _SATURATED, 0)
    if curve.trigger >= 0:
        flag[curve.trigger] += _TRIGGER
    return {
        "MJD": np.append(curve.mjd, _END),
        "BAND": np.append(names[curve.band], "-"),
        "PHOTFLAG": np.append(flag, 0).astype(np.int32),
        "FLUXCAL": np.append(_PER_MICROJANSKY * curve.flux, _END).astype(np.float32),
        "FLUXCALERR": np.append(_PER_MICROJANSKY * curve.flux_err, _END).astype(np.float32),
    }


def _known(config, passbands, seed, row, curve):
    """Return {column of HEAD: value} of one object."""
    ra, dec = sight.position(seed, row)
    z, error = sight.redshift(row)
    host = sight.host(config, passbands, seed, row)
    train = row["set"] == "train"
    when = curve.mjd[curve.detected]
    number = np.float32
    known = {
        "SNID": row["object_id"],
        "RA": ra,
        "DECL": dec,
        "NOBS": np.int32(len(curve.mjd)),
        "MWEBV": number(row["ebv"]),
        "REDSHIFT_FINAL": number(z if host else _UNKNOWN),
        "REDSHIFT_FINAL_ERR": number(error if host else _UNKNOWN),
        "HOSTGAL_PHOTOZ": number(host.photometric if host else _UNKNOWN),
        "HOSTGAL_PHOTOZ_ERR": number(host.photometric_err if host else _UNKNOWN),
        "HOSTGAL_SPECZ": number(z if host and train else _UNKNOWN),
        "HOSTGAL_SPECZ_ERR": number(error if host and train else _UNKNOWN),
        "HOSTGAL_SNSEP": number(host.separation if host else -999.0),
        "MJD_TRIGGER": curve.mjd[curve.trigger] if curve.trigger >= 0 else _UNKNOWN,
        "MJD_DETECT_FIRST": when[0] if len(when) else _UNKNOWN,
        "MJD_DETECT_LAST": when[-1] if len(when) else _UNKNOWN,
    }
    for k, name in enumerate(passbands.names):
        known[f"HOSTGAL_MAG_{_band(config, name)}"] = number(host.magnitude[k] if host else 999.0)
    return known | ({"SIM_TYPE_NAME": row["spec_type"]} if train else {})


def _write_table(path, columns, config):
    """Write {name: (n,) array} as the binary table of a FITS file, compressed, with the same bytes at any time."""
    table = [_padded(values) if values.dtype.kind == "U" else values for values in columns.values()]
    kinds = [(name, values.dtype.newbyteorder(">")) for name, values in zip(columns, table, strict=True)]
    records = np.zeros(len(table[0]), dtype=kinds)
    for name, values in zip(columns, table, strict=True):
        records[name] = values
    primary = fits.PrimaryHDU()
    primary.header["SURVEY"] = _survey(config)
    primary.header["SNANA"] = ("mallorn", "written by mallorn.simulate.writers.snana")
    headers = [part.header.tostring().encode("ascii") for part in (primary, fits.BinTableHDU(records))]
    data = records.tobytes()  # not with astropy, which removes the blanks
    whole = b"".join([*headers, data, b"\0" * (-len(data) % _BLOCK)])
    with atomic_write(path) as beside:
        beside.write_bytes(gzip.compress(whole, 6, mtime=0))


def _padded(texts):
    """Return texts (n,) as bytes, padded with blanks to one length."""
    width = max((len(text) for text in texts), default=1)
    return np.array([text.ljust(width).encode() for text in texts.tolist()], dtype=f"S{width}")
