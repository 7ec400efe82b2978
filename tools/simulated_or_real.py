"""Say how well a classifier tells simulated from real objects: `python tools/simulated_or_real.py SIMULATED REAL`.

SIMULATED and REAL are the folders results of two runs with the same families of features. 0.5 is a perfect simulation.
Of the real labels only the share of each class is used: simulated objects weigh as much as their class has of it.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mallorn.io.tables import read_columns
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled, of_values
from mallorn.learning.tables import feature_columns, has_redshift, read_feature_columns
from mallorn.metrics import roc_auc
from mallorn.settings.resolve import defaults

FOLDS, SHOWN = 5, 15


def read(results):
    """Return (columns, values (n, p), types (n,), events (n,)) of the training objects of a folder results."""
    path = results / "features" / "train.parquet"
    training = defaults()["training"]
    table = read_feature_columns(path, feature_columns(pq.read_schema(path).names, training))
    folds = read_columns(results / "folds.parquet", ["object_id", "protocol", "repeat", "spec_type", "event"])
    rows = np.flatnonzero((folds["protocol"] == "grouped") & (folds["repeat"] == 0))
    place = {str(folds["object_id"][k]): k for k in rows}
    known = np.flatnonzero([str(name) in place for name in table.object_id] & has_redshift(path))
    rows = [place[str(name)] for name in table.object_id[known]]
    return table.columns, table.values[known], folds["spec_type"][rows].astype(str), folds["event"][rows].astype(str)


def told_apart(values, real, weight, group):
    """Return (out-of-fold chance (n,) of being real, importance (p,) of each column); a group stays together.

    The classifier is that of the audit of the shift between training and test objects.
    """
    names, place = np.unique(group, return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[place]
    dataset = of_values(values)
    objects = Labelled.of(dataset, np.where(real, 0, 1), 2, dataset.object_id, weight=weight)
    predictions = cross_validate(objects, fold, {"seeds": 1, **defaults()["audits"]["model"]}, 0, 1)
    return predictions.inside[:, 0], predictions.importance


def main(simulated, real):
    """Print the AUC, overall and of each simulated class, and the columns that tell most."""
    columns, values, types, events = read(Path(simulated))
    names, others, shares, others_events = read(Path(real))
    shared = [name for name in columns if name in set(names)]
    values = values[:, [columns.index(name) for name in shared]]
    others = others[:, [names.index(name) for name in shared]]
    share = np.array([np.mean(shares == name) / np.mean(types == name) for name in types])
    weight = np.concatenate([share / share.sum() * len(others), np.ones(len(others))])
    is_real = np.arange(len(weight)) >= len(values)
    group = np.concatenate([np.char.add("simulated ", events), np.char.add("real ", others_events)])
    chance, importance = told_apart(np.concatenate([values, others]), is_real, weight, group)
    print(f"{len(values)} simulated and {len(others)} real objects, {len(shared)} columns")
    print(f"all {roc_auc(is_real, chance, weight):.3f}")
    for name in sorted(set(types)):
        rows = np.concatenate([types == name, np.ones(len(others), dtype=bool)])
        print(f"{name} {roc_auc(is_real[rows], chance[rows]):.3f}")
    for k in np.argsort(-importance)[:SHOWN]:
        print(f"{importance[k]:.3f} {shared[k]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
