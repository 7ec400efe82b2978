"""The submission: test objects in the order of the sample submission, with probabilities and decisions."""

import csv

import numpy as np

from mallorn.decide.predictions import CLASS_PREFIX, class_columns
from mallorn.errors import DataError
from mallorn.io.csv_tables import write_csv

__all__ = ["in_submission_order", "read_classified", "write_probabilities", "write_submission"]


def in_submission_order(object_id, values, submission_ids):
    """Return `values` (n, ...) of the objects `object_id` (n,), in the order of `submission_ids` (n,).

    Raises DataError if the two do not hold the same objects, once each.
    """
    ids, wanted = np.asarray(object_id, dtype=str), np.asarray(submission_ids, dtype=str)
    order = np.argsort(ids, kind="stable")
    place = np.searchsorted(ids[order], wanted).clip(max=max(len(ids) - 1, 0))
    if len(ids) != len(wanted) or len(np.unique(ids)) != len(ids) or np.any(ids[order][place] != wanted):
        odd = sorted(set(ids) ^ set(wanted))
        raise DataError(
            f"submission: expected one prediction for each of {len(wanted)} test objects, found {len(ids)}"
            + (f" and a mismatch at {str(odd[0])!r}" if odd else "")
            + ". Next step: delete results/predictions and run again."
        )
    return np.asarray(values)[order[place]]


def write_probabilities(path, object_id, probability, classes, known=None):
    """Write a CSV file with object_id, probability and probability__CLASS of each class.

    probability (n, C): of the classes called `classes`; the first is the one sought. NaN, of an object that was not
    scored, becomes an empty cell. known: further columns {name: (n,)}, written with all their digits.
    """
    columns, known = class_columns(probability, classes), known or {}
    write_csv(path, {"object_id": object_id, "probability": probability[:, 0], **columns, **known}, exact=known)


def write_submission(path, object_id, decision, scored=None, known=None):
    """Write the CSV file `object_id,prediction` with 1 where `decision` (n,) is true, else 0.

    scored (n,): whether an object has a score; the cell of others is empty. known: further columns {name: (n,)}.
    """
    prediction = np.asarray(decision, dtype=int)
    if scored is not None and not np.all(scored):
        prediction = np.where(scored, prediction.astype(object), "")
    write_csv(path, {"object_id": object_id, "prediction": prediction, **(known or {})})


def read_classified(probabilities, predictions):
    """Return what `write_probabilities` and `write_submission` wrote about the same objects.

    Returns (object_id (n,); {class: (n,) probability, NaN if there is none}, the class sought first; chosen (n,) bool;
    outlier (n,), NaN if there is none).
    """
    with open(probabilities, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(predictions, newline="", encoding="utf-8") as file:
        chosen = np.array([row["prediction"] == "1" for row in csv.DictReader(file)], dtype=bool)
    names = [name for name in (rows[0] if rows else ()) if name.startswith(CLASS_PREFIX)]
    of = {name: np.array([float(row[name] or "nan") for row in rows]) for name in names}
    object_id = np.array([*(row["object_id"] for row in rows), None], dtype=object)[:-1]
    classes = {name.removeprefix(CLASS_PREFIX): values for name, values in of.items()}
    return object_id, classes, chosen, np.array([float(row["outlier"] or "nan") for row in rows])
