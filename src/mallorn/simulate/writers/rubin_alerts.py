"""Write a simulated survey as Rubin alerts: avro packets of schema 10, with ELAsTiCC's fields for host and label.

An object has an alert at its first, second, fourth, eighth, ... detection, and at its last. Each has the new detection
(diaSource), all earlier ones (prvDiaSources), and the forced photometry (prvDiaForcedSources) from 30 days before the
first detection until the alert. Objects that are never detected have no alert. Images are left out.
"""

from pathlib import Path

import fastavro
import numpy as np

from mallorn.io.files import atomic_write
from mallorn.simulate import seen as sight

__all__ = ["dia_object_id", "write_split"]

_NANOJANSKY = 1000.0  # of a microjansky
_BEFORE = 30.0  # days of forced photometry before the first detection
_FIRST_ID = 170_000_000_000_000_000
_NAMESPACE = "lsst.v10_0"
_FLUX = {
    "psfFlux": ["null", "float"],
    "psfFluxErr": ["null", "float"],
    "scienceFlux": ["null", "float"],
    "scienceFluxErr": ["null", "float"],
}
_SOURCE = {
    "diaSourceId": "long",
    "visit": "long",
    "detector": "int",
    "diaObjectId": ["null", "long"],
    "ssObjectId": ["null", "long"],
    "midpointMjdTai": "double",
    "ra": "double",
    "dec": "double",
    **_FLUX,
    "psfFlux_flag": ["null", "boolean"],
    "pixelFlags_saturatedCenter": ["null", "boolean"],
    "snr": ["null", "float"],
    "isNegative": ["null", "boolean"],
    "band": ["null", "string"],
}
_FORCED = {
    "diaForcedSourceId": "long",
    "diaObjectId": "long",
    "visit": "long",
    "detector": "int",
    "midpointMjdTai": "double",
    "ra": "double",
    "dec": "double",
    **_FLUX,
    "band": ["null", "string"],
}
_OBJECT = {
    "diaObjectId": "long",
    "ra": "double",
    "dec": "double",
    "nDiaSources": "int",
    "firstDiaSourceMjdTai": ["null", "double"],
    "mwebv": ["null", "float"],
    "z_final": ["null", "float"],
    "z_final_err": ["null", "float"],
    "hostgal_zspec": ["null", "float"],
    "hostgal_zspec_err": ["null", "float"],
    "hostgal_zphot": ["null", "float"],
    "hostgal_zphot_err": ["null", "float"],
    "hostgal_snsep": ["null", "float"],
    "name": "string",
    "spec_type": ["null", "string"],
}


def dia_object_id(row):
    """Return the number of an object in alerts: 18 digits, whose last ones a float would lose."""
    return _FIRST_ID + 1_000_000 * int(row["source"]) + int(row["sibling"])


def write_split(config, passbands, seed, split, truth, folder):
    """Write the alerts of `split` to `folder`/{train,test}/`split`.avro; return the number of alerts.

    config: the block `simulation` of config.yaml. passbands: the `Passbands` of the survey. truth: {column: array} of
    truth.parquet; rows of other splits are skipped. The field diaObject.name is the object's id elsewhere,
    diaObject.spec_type its type, null in the test set.
    """
    schema = fastavro.parse_schema(_schema(passbands))
    n_alerts = 0
    for part in ("train", "test"):
        alerts = (alert for row in sight.members(truth, split, part) for alert in _alerts(config, passbands, seed, row))
        with atomic_write(Path(folder, part, f"{split}.avro")) as beside, open(beside, "wb") as file:
            counted = _Counted(alerts)
            fastavro.writer(file, schema, counted, codec="deflate", sync_marker=b"mallorn survey .")
            n_alerts += counted.n
    return n_alerts


class _Counted:
    """An iterable that counts what passes."""

    def __init__(self, things):
        self._things, self.n = things, 0

    def __iter__(self):
        for thing in self._things:
            self.n += 1
            yield thing


def _schema(passbands):
    def record(name, fields):
        described = [{"name": key, "type": kind} for key, kind in fields.items()]
        return {"type": "record", "name": f"{_NAMESPACE}.{name}", "fields": described}

    hosts = {f"hostgal_mag_{name}": ["null", "float"] for name in passbands.names}
    parts = {
        "diaSourceId": "long",
        "diaSource": record("diaSource", _SOURCE),
        "prvDiaSources": ["null", {"type": "array", "items": f"{_NAMESPACE}.diaSource"}],
        "prvDiaForcedSources": ["null", {"type": "array", "items": record("diaForcedSource", _FORCED)}],
        "diaObject": ["null", record("diaObject", _OBJECT | hosts)],
        "cutoutDifference": ["null", "bytes"],
        "cutoutScience": ["null", "bytes"],
        "cutoutTemplate": ["null", "bytes"],
    }
    return record("alert", parts)


def _alerts(config, passbands, seed, row):
    """Yield the alerts of one object, dicts as the schema says."""
    curve = sight.seen(config, passbands, seed, row)
    at = np.flatnonzero(curve.detected)
    if not len(at):
        return
    ra, dec = sight.position(seed, row)
    points = [_point(curve, k, passbands, row, ra, dec) for k in range(len(curve.mjd))]
    sources = {int(k): _source(points[k], curve, k) for k in at}
    forced = [_forced(point) for point in points]
    thing = _object(config, passbands, seed, row, (ra, dec))
    begin = curve.mjd[at[0]] - _BEFORE
    for number in sorted({min(2**power, len(at)) for power in range(len(at).bit_length() + 1)}):
        new = int(at[number - 1])
        earlier = [sources[int(k)] for k in at[: number - 1]]
        told = np.flatnonzero((curve.mjd >= begin) & (curve.mjd < curve.mjd[new]))
        yield {
            "diaSourceId": sources[new]["diaSourceId"],
            "diaSource": sources[new],
            "prvDiaSources": earlier or None,
            "prvDiaForcedSources": [forced[k] for k in told] or None,
            "diaObject": thing | {"nDiaSources": number, "firstDiaSourceMjdTai": float(curve.mjd[at[0]])},
        }


def _point(curve, k, passbands, row, ra, dec):
    """Return the fields that detections and forced photometry of point `k` share; fluxes in nanojansky."""
    band = int(curve.band[k])
    flux, error = _NANOJANSKY * float(curve.flux[k]), _NANOJANSKY * float(curve.flux_err[k])
    direct = flux + _NANOJANSKY * float(curve.reference[band])
    known = np.isfinite(direct)
    return {
        "id": 100_000 * (1_000_000 * int(row["source"]) + int(row["sibling"])) + k,
        "diaObjectId": dia_object_id(row),
        "visit": 10 * round(float(curve.mjd[k]) * 1e4) + band,
        "detector": 94,
        "midpointMjdTai": float(curve.mjd[k]),
        "ra": ra,
        "dec": dec,
        "psfFlux": flux,
        "psfFluxErr": error,
        "scienceFlux": direct if known else None,
        "scienceFluxErr": error if known else None,
        "band": passbands.names[band],
    }


def _source(point, curve, k):
    further = {
        "diaSourceId": point["id"],
        "psfFlux_flag": False,
        "pixelFlags_saturatedCenter": bool(curve.saturated[k]),
        "snr": abs(point["psfFlux"]) / point["psfFluxErr"],
        "isNegative": point["psfFlux"] < 0.0,
    }
    return {name: (point | further).get(name) for name in _SOURCE}


def _forced(point):
    return {name: (point | {"diaForcedSourceId": point["id"]})[name] for name in _FORCED}


def _object(config, passbands, seed, row, place):
    z, error = sight.redshift(row)
    host = sight.host(config, passbands, seed, row)
    train = row["set"] == "train"
    known = dict.fromkeys(_OBJECT) | {
        "diaObjectId": dia_object_id(row),
        "ra": place[0],
        "dec": place[1],
        "mwebv": float(row["ebv"]),
        "name": str(row["object_id"]),
        "spec_type": str(row["spec_type"]) if train else None,
    }
    if host is None:
        return known
    if train:
        known |= {"hostgal_zspec": float(z), "hostgal_zspec_err": float(error)}
    magnitudes = zip(passbands.names, host.magnitude.tolist(), strict=True)
    return known | {
        "z_final": float(z),
        "z_final_err": float(error),
        "hostgal_zphot": host.photometric,
        "hostgal_zphot_err": host.photometric_err,
        "hostgal_snsep": host.separation,
        **{f"hostgal_mag_{name}": magnitude for name, magnitude in magnitudes},
    }
