"""Small files as the ALeRCE client returns them, written by the tests."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

A, B = "ZTF20aaaaaaa", "ZTF21bbbbbbb"

DETECTIONS = [
    {
        "oid": A,
        "candid": 1000000000000000001,
        "mjd": 59000.25,
        "fid": 1,
        "isdiffpos": 1,
        "magpsf": 18.9,
        "sigmapsf": 0.1,
    }
    | {"magpsf_corr": 17.9, "sigmapsf_corr": 100.0, "sigmapsf_corr_ext": 0.02, "corrected": True, "dubious": False}
    | {"ra": 359.9999, "dec": 10.0, "diffmaglim": 20.5, "sgscore1": 0.1, "distpsnr1": 0.3, "magnr": 18.0},
    {
        "oid": A,
        "candid": 1000000000000000002,
        "mjd": 59001.25,
        "fid": 2,
        "isdiffpos": -1,
        "magpsf": 20.0,
        "sigmapsf": 0.2,
    }
    | {"magpsf_corr": 100.0, "sigmapsf_corr": 100.0, "sigmapsf_corr_ext": 100.0, "corrected": True, "dubious": False}
    | {"ra": 0.0001, "dec": 10.0, "diffmaglim": 20.5, "sgscore1": -999.0, "distpsnr1": -999.0, "magnr": -999.0},
    {
        "oid": B,
        "candid": 1000000000000000003,
        "mjd": 59002.25,
        "fid": 3,
        "isdiffpos": 1,
        "magpsf": 100.0,
        "sigmapsf": 100.0,
    }
    | {"magpsf_corr": None, "sigmapsf_corr": None, "sigmapsf_corr_ext": None, "corrected": False, "dubious": True}
    | {"ra": 20.0, "dec": -5.0, "diffmaglim": 20.5, "sgscore1": 0.9, "distpsnr1": 3.0, "magnr": 21.0},
]
LIMITS = [
    {"oid": A, "mjd": 58999.25, "fid": 1, "diffmaglim": 20.4},
    {"oid": A, "mjd": 59000.25, "fid": 1, "diffmaglim": 20.5},
    {"oid": B, "mjd": 58999.25, "fid": 2, "diffmaglim": -999.0},
]
FORCED = [
    {"oid": A, "mjd": 59000.25, "fid": 1, "isdiffpos": 1, "mag": 18.8, "e_mag": 0.1, "procstatus": "0"},
    {"oid": A, "mjd": 58999.25, "fid": 1, "isdiffpos": -1, "mag": 21.0, "e_mag": 0.9, "procstatus": "0"},
    {"oid": A, "mjd": 58998.25, "fid": 1, "isdiffpos": -1, "mag": 21.0, "e_mag": 0.9, "procstatus": "61"},
    {"oid": A, "mjd": 58997.25, "fid": 2, "isdiffpos": 1, "mag": 100.0, "e_mag": 100.0, "procstatus": "0"},
]
V2 = [
    {
        "oid": A,
        "mjd": 59000.25,
        "fid": "g",
        "isdiffpos": 1,
        "mag": 18.9,
        "e_mag": 0.1,
        "corrected": False,
        "ra": 1.0,
        "dec": 2.0,
    }
    | {"extra_fields": {"distnr": 0.1, "magnr": 18.0}},
]
LSST = [
    {"oid": 313963405132693599, "mjd": 61105.1, "band": 0, "band_name": "u", "psfFlux": 4787.6, "psfFluxErr": 467.2}
    | {"scienceFlux": 9000.0, "scienceFluxErr": 500.0, "ra": 150.0, "dec": 3.0},
    {"oid": 313963405132693599, "mjd": 61106.1, "band": 1, "band_name": None, "psfFlux": -10.0, "psfFluxErr": 467.2}
    | {"scienceFlux": 9000.0, "scienceFluxErr": 500.0, "ra": 150.0, "dec": 3.0},
]


def table(rows):
    return pa.Table.from_pylist(rows)


def write(path, rows):
    """Write rows as the suffix of `path` says, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix == ".parquet":
        pq.write_table(table(rows), path)
    else:
        table(rows).to_pandas().to_csv(path, index=False)
    return path


def many(n, n_objects, seed=0):
    """Return a table of n detections of n_objects in any order."""
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "oid": [f"ZTF20{k:07d}" for k in random.integers(0, n_objects, n)],
            "mjd": random.uniform(58000, 60000, n),
            "fid": random.integers(1, 4, n),
            "isdiffpos": random.choice([-1, 1], n),
            "magpsf": random.uniform(17, 21, n),
            "sigmapsf": random.uniform(0.02, 0.2, n),
        }
    )
