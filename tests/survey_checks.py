"""What must hold for every reader of a survey's files, whatever the file; used by the tests of `mallorn.sources`."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mallorn.errors import DataError
from mallorn.sources.canonical import KINDS

POINTS = {"object_id", "mjd", "passband", "flux", "flux_err", "detected", "limit"}
OBJECTS = {"object_id", "ra", "dec", "redshift", "redshift_err", "redshift_kind", "ebv", "label"}


def surveys(*parts):
    """Return the path of a real file; skip the test where there are none."""
    folder = os.environ.get("MALLORN_SURVEYS")
    if not folder:
        pytest.skip("MALLORN_SURVEYS does not name the folder of real survey files")
    return Path(folder).joinpath(*parts)


def check(batches):
    """Return the list of `batches`, each of which must be what the contract says."""
    batches, seen = list(batches), set()
    for batch in batches:
        points, objects = batch.points, batch.objects
        assert set(points) == POINTS
        assert set(objects) >= OBJECTS
        assert all(name in OBJECTS or name.startswith("host_") for name in objects)
        assert len({len(values) for values in points.values()}) == 1
        assert len({len(values) for values in objects.values()}) == 1
        for name in ("mjd", "flux", "flux_err"):
            assert points[name].dtype == np.float64
            assert np.isfinite(points[name]).all(), name
        assert (points["flux_err"] > 0).all()
        assert points["detected"].dtype == np.int8
        assert set(np.unique(points["detected"])) <= {-1, 0, 1}
        assert points["limit"].dtype == bool
        assert (points["flux"][points["limit"]] == 0).all()
        ids = objects["object_id"].tolist()
        assert all(isinstance(text, str) and text for text in ids)
        assert all(isinstance(text, str) and "." in text for text in set(points["passband"]))
        assert not seen & set(ids)
        assert len(set(ids)) == len(ids)
        seen |= set(ids)
        assert set(points["object_id"]) <= set(ids)
        assert set(objects["redshift_kind"]) <= set(KINDS)
        assert ((objects["redshift_kind"] == "none") == np.isnan(objects["redshift"])).all()
        assert {"time", "flux", "format"} <= set(batch.about)
        assert all(isinstance(text, str) for text in batch.about.values())
        for (reason, object_id), count in batch.aside.items():
            assert isinstance(reason, str)
            assert reason
            assert isinstance(object_id, str)
            assert count > 0
    return batches


def rows_of(batches):
    """Return the number of rows of the file that the batches account for."""
    return sum(batch.n_rows for batch in batches)


def reasons_of(batches):
    """Return {reason: rows set aside}."""
    counts = Counter()
    for batch in batches:
        for (reason, _), n in batch.aside.items():
            counts[reason] += n
    return dict(counts)


def points_of(batches, object_id=None):
    """Return the points of all batches, of one object if it is named."""
    points = {name: np.concatenate([batch.points[name] for batch in batches]) for name in sorted(POINTS)}
    if object_id is None:
        return points
    return {name: values[points["object_id"] == object_id] for name, values in points.items()}


def objects_of(batches):
    """Return {object_id: {column: value}}."""
    known = {}
    for batch in batches:
        for k, object_id in enumerate(batch.objects["object_id"]):
            known[object_id] = {name: values[k] for name, values in batch.objects.items()}
    return known


def sound(reader, path, settings=None):
    """Return the checked batches of `path`, or the DataError that says where it is wrong; all else fails the test."""
    refused = None
    try:
        return check(reader.batches(path, settings or {}))
    except DataError as error:
        refused = error
    for words in ("expected", "Next step", str(path)):
        assert words in str(refused)
    return refused


def mangled(data, kind, at):
    """Return bytes with one fault. kind: one of `FAULTS`; at: 0 to 1, where."""
    k = int(at * len(data))
    return {
        "cut": data[:k],
        "hole": data[:k] + data[k + max(1, len(data) // 20) :],
        "zeros": data[:k] + bytes(4) + data[k + 4 :],
        "bits": data[:k] + bytes(255 - byte for byte in data[k : k + 3]) + data[k + 3 :],
        "twice": data[:k] + data[k // 2 : k] + data[k:],
        "empty": b"",
        "text": data[:k] + b"nonsense" + data[k:],
    }[kind]


FAULTS = ("cut", "hole", "zeros", "bits", "twice", "empty", "text")
