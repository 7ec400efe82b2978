"""Small SNANA pairs as the tests need them."""

import gzip

import numpy as np
from astropy.io import fits

HEADS = ["AA01", "7", "170028500555406485"]


def curves():
    """Return for each of three objects its rows (MJD, band, FLUXCAL, FLUXCALERR, PHOTFLAG); the last has none."""
    return [
        [(60000.1, "g", 10.0, 1.0, 0), (60001.1, "r", 30.0, 1.0, 6144), (60002.1, "LSST-Y", 9.0, 2.0, 5120)],
        [(60003.1, "DES-i", -4.0, 0.5, 0), (60003.1, "i", 7.0, 0.5, 0)],
        [],
    ]


def write_pair(folder, name="ELASTICC2_TRAIN", objects=None, packed=False, survey="LSST", flt="BAND", **columns):
    """Write a pair of the rows of `objects`, with `columns` of HEAD; return the path of the HEAD file.

    packed: as gzip. survey: of the header. flt: name of the column of passbands.
    """
    objects = curves() if objects is None else objects
    first, last, rows = [], [], []
    for points in objects:
        first.append(len(rows) + 1)
        rows += points
        last.append(len(rows))
        if points:
            rows.append((-777.0, "-", -777.0, -777.0, 0))
    n = len(objects)
    head = {
        "SNID": np.array(HEADS[:n]),
        "RA": np.full(n, 10.5),
        "DECL": np.full(n, -9.0),
        "PTROBS_MIN": np.array(first, dtype=">i4"),
        "PTROBS_MAX": np.array(last, dtype=">i4"),
        "MWEBV": np.full(n, 0.1, dtype=">f4"),
        "REDSHIFT_HELIO": np.array([0.25, -9.0, 0.5][:n], dtype=">f4"),
        "REDSHIFT_FINAL": np.array([0.26, -9.0, 0.5][:n], dtype=">f4"),
        "REDSHIFT_FINAL_ERR": np.array([0.001, -9.0, 0.1][:n], dtype=">f4"),
        "HOSTGAL_SPECZ": np.array([0.25, -9.0, -9.0][:n], dtype=">f4"),
        "HOSTGAL_PHOTOZ": np.array([0.3, -9.0, 0.5][:n], dtype=">f4"),
        "HOSTGAL_MAG_Y": np.array([20.0, 999.0, -9999.0][:n], dtype=">f4"),
        "HOSTGAL_OBJID": np.array([123456789012345678, -9, -999][:n], dtype=">i8"),
        "SIM_TYPE_NAME": np.array(["TDE     ", "UNKNOWN ", "SNIa"][:n]),
        "SNTYPE": np.array([42, 101, 0][:n], dtype=">i4"),
    }
    head |= columns
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in range(5)]
    phot = {
        "MJD": np.array(columns[0], dtype=">f8"),
        flt: np.array(columns[1], dtype="S8"),
        "FLUXCAL": np.array(columns[2], dtype=">f4"),
        "FLUXCALERR": np.array(columns[3], dtype=">f4"),
        "PHOTFLAG": np.array(columns[4], dtype=">i4"),
    }
    end = ".FITS.gz" if packed else ".FITS"
    for kind, table in (("HEAD", head), ("PHOT", phot)):
        primary = fits.PrimaryHDU()
        if survey:
            primary.header["SURVEY"] = survey
        path = folder / f"{name}_{kind}{end}"
        plain = folder / f"{name}_{kind}.tmp"
        fits.HDUList([primary, fits.BinTableHDU(_records(table))]).writeto(plain, overwrite=True)
        path.write_bytes(gzip.compress(plain.read_bytes()) if packed else plain.read_bytes())
        plain.unlink()
    return folder / f"{name}_HEAD{end}"


def _records(table):
    kinds = [(name, values.dtype if values.dtype.kind != "U" else f"S{values.dtype.itemsize // 4}")
             for name, values in table.items()]  # fmt: skip
    records = np.zeros(len(next(iter(table.values()))), dtype=kinds)
    for name, values in table.items():
        records[name] = values
    return records
