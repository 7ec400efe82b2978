"""Write the file that `networks_gpu.py` reads, from folders of results: views of objects, classes, events and folds.

    PYTHONPATH=src python tools/networks_data.py results OUT.npz [--simulated FOLDER] [--early FOLDER] [--unlabelled]

results: of a run on the objects that are learned from, `results/features/train.parquet` and what it was made of.
simulated: of a run on simulated objects, whose posteriors and light curves are taken.
early: of a run with `augmentations.early`, whose copies of the same objects are taken.
unlabelled: take the survey's other objects too.
"""

import argparse
import logging
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from mallorn.io.tables import read_columns
from mallorn.learners.networks.views import MOST_POINTS, arrays_of
from mallorn.learning.classes import encode_classes
from mallorn.learning.dataset import Dataset
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.learning.tables import DatasetFiles, read_dataset, read_grid, read_points
from mallorn.learning.tree import class_levels
from mallorn.settings.resolve import resolve
from mallorn.survey.copies import cuts_of, originals
from mallorn.survey.taxonomy import read_taxonomy

SHORT = ("hypotheses__*", "semi_parametric__*")
DRAWS = {"choose": 3, "report": 3}
VIEWS = ("grid", "tokens")


def views_of(dataset):
    """Return the arrays of a `Dataset`, in half precision where that is enough."""
    given = arrays_of(dataset, np.empty(0, dtype=int), VIEWS)
    for name in ("tokens", "slot", "seen"):
        more = [(0, 0), (0, MOST_POINTS - given[name].shape[1]), (0, 0)]
        given[name] = np.pad(given[name], more[: given[name].ndim])
    small = {"grid": np.float16, "tokens": np.float16, "slot": np.int8}
    found = {name: values.astype(small.get(name, values.dtype)) for name, values in given.items()}
    return found | {"scalars": found.pop("features")}


def parts(results, kind):
    """Return the paths of a kind of file of all splits."""
    return sorted(Path(results, kind).glob("split_*.parquet"))


def real(results, config):
    """Return the arrays of the objects that are learned from, their ids and labels."""
    kinds = [parts(results, kind) for kind in ("lightcurves", "objects", "posterior")]
    files = DatasetFiles(Path(results, "features", "train.parquet"), *kinds)
    dataset = read_dataset(files, config["training"], ("features", "grid", "points"))
    shipped = read_columns(Path(results, "folds.parquet"))
    labels = fold_of(shipped, "grouped", 0, dataset.object_id)
    classes, names, _ = encode_classes(labels, "multiclass", config["training"], config["target"])
    found = {f"real_{name}": values for name, values in views_of(dataset).items()}
    found |= {"real_table": dataset.features.values, "columns": np.array(dataset.features.columns)}
    found |= {"classes": classes, "names": np.array(names), "events": labels["event"].astype(str)}
    found |= {"fold_shipped": labels["fold"], "object_id": dataset.object_id.astype(str)}
    types = [sorted(set(labels["spec_type"][classes == k])) for k in range(len(names))]
    found["levels"] = class_levels(types, read_taxonomy("mallorn"))
    wanted = sum(DRAWS.values())
    given = (dataset.object_id, labels["spec_type"], labels["target"], labels["event"])
    drawn = draw_folds(*given, config["folds"]["number"], wanted, config["folds"]["rare"], config["seed"] + 2230)
    for protocol in ("grouped", "stratified"):
        draws = [fold_of(drawn, protocol, k, dataset.object_id)["fold"] for k in range(wanted)]
        found[f"fold_choose_{protocol}"] = np.stack(draws[: DRAWS["choose"]])
        found[f"fold_report_{protocol}"] = np.stack(draws[DRAWS["choose"] :])
    return found


def simulated(results, config):
    """Return the arrays of all simulated objects of the splits that are done, and their classes."""
    known = read_columns(Path(results, "survey", "truth.parquet"), ["object_id", "split", "spec_type", "target"])
    done = np.isin(known["split"].astype(str), [path.stem for path in parts(results, "posterior")])
    known = {name: values[done] for name, values in known.items()}
    ids = known["object_id"].astype(object)
    given = {"grid": read_grid(parts(results, "posterior"), ids)}
    given["points"] = read_points(parts(results, "lightcurves"), parts(results, "objects"), ids)
    found = {f"sim_{name}": values for name, values in views_of(_bare(ids, given)).items()}
    return found | {"sim_classes": encode_classes(known, "multiclass", config["training"], config["target"])[0]}


def _bare(ids, views):
    bare = Dataset(ids, **views)
    return bare.with_features((), np.empty((len(ids), 0), dtype=np.float32))


def unlabelled(results):
    """Return the arrays of the survey's objects that have no label."""
    log = read_columns(Path(results, "metadata.parquet"), ["object_id", "set"])
    ids = log["object_id"][log["set"] == "test"].astype(object)
    given = {"grid": read_grid(parts(results, "posterior"), ids)}
    given["points"] = read_points(parts(results, "lightcurves"), parts(results, "objects"), ids)
    return {f"other_{name}": values for name, values in views_of(_bare(ids, given)).items()}


def early(results, config, object_id):
    """Return the grids, scalars and short features of copies at each age, and the row of the object of each."""
    kinds = [[Path(results, kind, "early.parquet")] for kind in ("lightcurves", "objects", "posterior")]
    files = DatasetFiles(Path(results, "features", "early.parquet"), *kinds)
    dataset = read_dataset(files, config["training"], ("features", "grid", "points"))
    columns = dataset.features.columns
    short = [k for k, name in enumerate(columns) if any(fnmatchcase(name, pattern) for pattern in SHORT)]
    views = views_of(dataset)
    found = {f"early_{name}": views[name] for name in ("grid", "scalars")}
    place = {name: k for k, name in enumerate(object_id.tolist())}
    row = np.array([place[name] for name in originals(dataset.object_id)])
    cut = cuts_of(dataset.object_id).astype(str)
    return found | {"early_table": dataset.features.values[:, short], "early_row": row, "early_cut": cut}


def main():
    """Write the file."""
    logging.basicConfig(level=logging.INFO)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--simulated")
    parser.add_argument("--early")
    parser.add_argument("--unlabelled", action="store_true")
    given = parser.parse_args()
    config = resolve({})
    found = real(given.results, config)
    if given.simulated:
        found |= simulated(given.simulated, config)
    if given.unlabelled:
        found |= unlabelled(given.results)
    if given.early:
        found |= early(given.early, config, found["object_id"])
    np.savez_compressed(given.out, **found)
    for name, values in found.items():
        logging.info("%s %s %s", name, values.shape, values.dtype)


if __name__ == "__main__":
    main()
