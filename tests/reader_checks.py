"""What every reader of a survey's files is held to: valid batches, an account of every row, clear errors."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mallorn.errors import DataError
from mallorn.sources.canonical import KINDS

SURVEYS = os.environ.get("MALLORN_SURVEYS")

needs_surveys = pytest.mark.skipif(
    not SURVEYS, reason="the environment variable MALLORN_SURVEYS names no folder of real survey files"
)

POINTS = {"object_id", "mjd", "passband", "flux", "flux_err", "detected", "limit"}
OBJECTS = {"object_id", "ra", "dec", "redshift", "redshift_err", "redshift_kind", "ebv", "label"}


def real(*parts):
    """Return the path of a real file of a survey."""
    return Path(SURVEYS).joinpath(*parts)


def read(reader, path, **settings):
    """Return (points, objects, aside, about) of all batches of a file, after checking each of them.

    points, objects: {column: array}, the columns that all batches have. aside: Counter of reasons.
    """
    batches = list(reader.batches(path, settings))
    seen = set()
    for batch in batches:
        check(batch)
        ids = set(batch.objects["object_id"])
        assert not ids & seen, "an object stands in two batches"
        seen |= ids
    points = {name: np.concatenate([b.points[name] for b in batches]) for name in batches[0].points}
    common = [name for name in batches[0].objects if all(name in b.objects for b in batches)]
    objects = {name: np.concatenate([b.objects[name] for b in batches]) for name in common}
    return points, objects, reasons(batches), batches[0].about


def reasons(batches):
    """Return {reason: rows} of what `batches` set aside."""
    counts = Counter()
    for batch in batches:
        for (reason, _), rows in batch.aside.items():
            counts[reason] += rows
    return counts


def check(batch):
    """Check that a batch is what `mallorn.sources.canonical.Batch` says."""
    points, objects = batch.points, batch.objects
    assert set(points) >= POINTS
    assert set(objects) >= OBJECTS
    assert {len(values) for values in points.values()} == {len(points["mjd"])}
    assert {len(values) for values in objects.values()} == {len(objects["object_id"])}
    assert all(isinstance(text, str) and text for text in points["object_id"])
    assert all(isinstance(text, str) and "." in text for text in points["passband"])
    assert all(isinstance(text, str) and text for text in objects["object_id"])
    assert len(set(objects["object_id"])) == len(objects["object_id"])
    assert set(points["object_id"]) <= set(objects["object_id"])
    for name in ("mjd", "flux", "flux_err"):
        assert points[name].dtype == np.float64
        assert np.isfinite(points[name]).all(), name
    assert (points["flux_err"] > 0).all()
    assert points["detected"].dtype == np.int8
    assert set(points["detected"].tolist()) <= {-1, 0, 1}
    assert points["limit"].dtype == bool
    assert (points["flux"][points["limit"]] == 0).all()
    check_objects(objects)
    assert all(rows > 0 and reason for (reason, _), rows in batch.aside.items())
    assert batch.about["time"]
    assert batch.about["flux"]


def check_objects(objects):
    """Check the columns of objects: missing values are NaN or None, and kinds and redshifts agree."""
    for name in ("ra", "dec", "redshift", "redshift_err", "ebv"):
        assert objects[name].dtype == np.float64, name
        assert not np.isinf(objects[name]).any(), name
        assert not np.isin(objects[name], [-99.0, -999.0, -9999.0, 999.0]).any(), name
    with np.errstate(invalid="ignore"):
        assert not (objects["redshift"] < -0.1).any()
        assert not (objects["ra"] < 0).any()
        assert not (np.abs(objects["dec"]) > 90).any()
    assert set(objects["redshift_kind"]) <= set(KINDS)
    assert ((objects["redshift_kind"] == "none") == np.isnan(objects["redshift"])).all()
    assert all(label is None or isinstance(label, str) for label in objects["label"])


def rows_or_error(reader, path, **settings):
    """Return the number of rows that the batches of a file account for, or None where the reader refuses it in words.

    Anything but a DataError that names the file's folder or the file fails the test.
    """
    try:
        batches = list(reader.batches(path, settings))
    except DataError as error:
        message = str(error)
    else:
        message = None
    if message is not None:
        assert "expected" in message
        assert "Next step" in message
        return None
    for batch in batches:
        check(batch)
    return sum(batch.n_rows for batch in batches)


def damages(data, rng, n):
    """Yield n damaged copies of the bytes `data`: cut off, with bytes changed, left out, or written twice."""
    for k in range(n):
        at = int(rng.integers(1, len(data)))
        if k % 4 == 0:
            yield data[:at]
        elif k % 4 == 1:
            changed = bytearray(data)
            for place in rng.integers(0, len(data), size=4):
                changed[place] = int(rng.integers(0, 256))
            yield bytes(changed)
        elif k % 4 == 2:
            yield data[:at] + data[at + int(rng.integers(1, 20)) :]
        else:
            yield data[:at] + data[max(0, at - 30) :]
