"""Small files of Rubin alerts, avro and Parquet, as the tests need them."""

import math

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

SOURCE = {
    "diaSourceId": "long",
    "visit": "long",
    "diaObjectId": ["null", "long"],
    "midpointMjdTai": "double",
    "ra": "double",
    "dec": "double",
    "psfFlux": ["null", "float"],
    "psfFluxErr": ["null", "float"],
    "psfFlux_flag": ["null", "boolean"],
    "pixelFlags_saturatedCenter": ["null", "boolean"],
    "scienceFlux": ["null", "float"],
    "scienceFluxErr": ["null", "float"],
    "band": ["null", "string"],
}
FORCED = {
    "diaForcedSourceId": "long",
    "visit": "long",
    "midpointMjdTai": "double",
    "psfFlux": ["null", "float"],
    "psfFluxErr": ["null", "float"],
    "scienceFlux": ["null", "float"],
    "scienceFluxErr": ["null", "float"],
    "band": ["null", "string"],
}
OBJECT = {"diaObjectId": "long", "ra": "double", "dec": "double", "nDiaSources": "int"}


def schema(version="v10_0"):
    """Return the avro schema of a small alert: real names and types, with a type that is named again."""

    def record(name, fields):
        described = [{"name": key, "type": kind} for key, kind in fields.items()]
        return {"type": "record", "name": f"lsst.{version}.{name}", "fields": described}

    parts = {
        "diaSourceId": "long",
        "ssSource": ["null", record("ssSource", {"ssObjectId": "long", "designation": "string"})],
        "diaSource": record("diaSource", SOURCE),
        "prvDiaSources": ["null", {"type": "array", "items": f"lsst.{version}.diaSource"}],
        "prvDiaForcedSources": ["null", {"type": "array", "items": record("diaForcedSource", FORCED)}],
        "diaObject": ["null", record("diaObject", OBJECT)],
        "cutoutScience": ["null", "bytes"],
    }
    return record("alert", parts)


def _visit(mjd):
    """Return a number for a visit; 0 where the time is none."""
    return int(mjd * 1000) if math.isfinite(mjd) else 0


def source(number, mjd, flux=1000.0, band="r", object_id=313963405132693599, **further):
    """Return a detection with the id `number`, of nJy."""
    values = dict.fromkeys(SOURCE) | {
        "diaSourceId": number,
        "visit": _visit(mjd),
        "diaObjectId": object_id,
        "midpointMjdTai": mjd,
        "ra": 10.0,
        "dec": -5.0,
        "psfFlux": flux,
        "psfFluxErr": 100.0,
        "scienceFlux": 5000.0,
        "scienceFluxErr": 200.0,
        "band": band,
    }
    return values | further


def forced(number, mjd, flux=1000.0, band="r", **further):
    """Return a point of forced photometry with the id `number`, of nJy."""
    values = dict.fromkeys(FORCED) | {
        "diaForcedSourceId": number,
        "visit": _visit(mjd),
        "midpointMjdTai": mjd,
        "psfFlux": flux,
        "psfFluxErr": 100.0,
        "scienceFlux": 4000.0,
        "scienceFluxErr": 300.0,
        "band": band,
    }
    return values | further


def alert(new, earlier=(), points=(), object_id=313963405132693599):
    """Return an alert; object_id None: of a solar-system object."""
    place = {"diaObjectId": object_id, "ra": 10.001, "dec": -5.001, "nDiaSources": 3}
    return {
        "diaSourceId": new["diaSourceId"],
        "ssSource": None if object_id else {"ssObjectId": 7, "designation": "2026 AB"},
        "diaSource": new | {"diaObjectId": object_id},
        "prvDiaSources": list(earlier) or None,
        "prvDiaForcedSources": list(points) or None,
        "diaObject": place if object_id else None,
        "cutoutScience": b"\0" * 100,
    }


def some_alerts():
    """Return alerts of two objects, the first with two alerts, and of a solar-system object: 12 sources in all."""
    a, b = 313963405132693599, 170028500619100295
    points = [forced(10, 61000.1), forced(11, 61000.2, flux=0.0), forced(12, 61000.3, flux=-300.0, band="g")]
    return [
        alert(source(1, 61000.4), [source(2, 61000.1), source(3, 61000.2)], points, a),
        alert(source(4, 61000.6, band="y"), (), [forced(20, 61000.5, flux=None)], b),
        alert(source(5, 61000.7), (), (), None),
        alert(source(6, 61000.5, psfFlux_flag=True), [source(1, 61000.4)], [forced(10, 61000.1)], a),
    ]


def write_avro(path, alerts, codec="null", version="v10_0"):
    """Write alerts as an avro file; return its path."""
    with open(path, "wb") as stream:
        fastavro.writer(stream, fastavro.parse_schema(schema(version)), alerts, codec=codec)
    return path


def write_parquet(path, alerts, **further):
    """Write alerts as a broker's Parquet file, with `further` columns; return its path."""
    of_source = pa.struct([(name, _arrow(kind)) for name, kind in SOURCE.items()])
    of_forced = pa.struct([(name, _arrow(kind)) for name, kind in FORCED.items()])
    of_object = pa.struct([(name, _arrow(kind)) for name, kind in OBJECT.items()])
    columns = {
        "diaSourceId": pa.array([a["diaSourceId"] for a in alerts]),
        "diaSource": pa.array([a["diaSource"] for a in alerts], type=of_source),
        "prvDiaSources": pa.array([a["prvDiaSources"] for a in alerts], type=pa.list_(of_source)),
        "prvDiaForcedSources": pa.array([a["prvDiaForcedSources"] for a in alerts], type=pa.list_(of_forced)),
        "diaObject": pa.array([a["diaObject"] for a in alerts], type=of_object),
    }
    pq.write_table(pa.table(columns | further), path)
    return path


def _arrow(kind):
    kind = kind[1] if isinstance(kind, list) else kind
    return {"long": pa.int64(), "int": pa.int32(), "double": pa.float64(), "float": pa.float32()}.get(
        kind, pa.bool_() if kind == "boolean" else pa.string()
    )
