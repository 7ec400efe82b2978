"""Score what is submitted, and variants of it, on new draws of folds: results/evaluation/fresh*.csv."""

from typing import NamedTuple

import numpy as np

from mallorn.evaluate.compared import SCORES
from mallorn.evaluate.fresh import (
    CONFIGURED,
    MEAN,
    Variant,
    draws_of,
    fresh_gains,
    fresh_scores,
    nested_draw,
    train_variants,
)
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.parameters import read_best
from mallorn.learning.pipeline import needs_of
from mallorn.learning.tables import has_redshift, read_dataset
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.seeds import derived_seed


class Outputs(NamedTuple):
    """Paths of two tables: see `mallorn.evaluate.fresh.fresh_scores` and `fresh_gains`."""

    scores: str
    gains: str


def main(files, folds, parameters, outputs, settings, threads):
    """Write both tables as CSV.

    files: `DatasetFiles` of the training objects. folds: path. parameters: {model: path of its tuned parameters}.
    settings: {"seed", "target", and the blocks "training", "selection", "folds", "threshold", "calibration",
    "evaluation", "fresh" and "models" (those that are trained) of the configuration, and "members", those submitted}.
    """
    fresh, seed = settings["fresh"], derived_seed(settings["seed"], "score_fresh", settings["fresh"]["set"])
    blocks = {
        name: {**block, "params": read_best(parameters[name])} if name in parameters else block
        for name, block in settings["models"].items()
    }
    variants = {CONFIGURED: variant({}, blocks, settings)}
    variants |= {name: variant(given, blocks, settings) for name, given in fresh["variants"].items()}
    datasets = {}
    for name, one in variants.items():
        needs = {view for spec in one.specs.values() for view in needs_of(spec)}
        datasets[name] = read_dataset(files, {**settings["training"], "exclude": one.exclude}, needs)
    known = fold_of(read_columns(folds), PROTOCOLS[0], 0, datasets[CONFIGURED].object_id)
    rows = training_rows(FINAL, known["fold"], has_redshift(files.features))[0]
    datasets = {name: dataset.take(rows) for name, dataset in datasets.items()}
    known, object_id = {name: values[rows] for name, values in known.items()}, datasets[CONFIGURED].object_id
    scores, gains = [], []
    for protocol in PROTOCOLS:
        repeats = draws_of(known, object_id, settings["folds"], protocol, fresh["draws"], seed)
        trained = train_variants(datasets, variants, repeats, settings, seed, threads)
        rows = fresh_scores(protocol, variants, trained, repeats, settings, seed)
        nested = [
            nested_draw(datasets[CONFIGURED], variants[CONFIGURED], labels, settings, derived_seed(seed, k), threads)
            for k, labels in enumerate(repeats[: fresh["nested"]])
        ]
        scores += [{**row, **_nested(row, nested)} for row in rows]
        gains += fresh_gains(protocol, variants, trained, repeats, settings, seed)
    _write(outputs.scores, scores)
    _write(outputs.gains, gains)


def variant(given, blocks, settings):
    """Return the `Variant` for a block of `fresh.variants`; {} is what the configuration submits."""
    specs = {name: dict(blocks[name]) for name in given.get("members") or settings["members"]}
    for name in ("event_balance", "seeds"):
        if given.get(name) is not None:
            specs = {member: {**spec, name: given[name]} for member, spec in specs.items()}
    changed = {name: given[name] for name in ("rule", "ratio") if given.get(name) is not None}
    exclude = [*settings["training"]["exclude"], *given.get("exclude", [])]
    return Variant(exclude, specs, {**settings["threshold"], **changed})


def _nested(row, nested):
    """Return the mean nested scores for the row that has them, NaN for others."""
    its = row["variant"] == CONFIGURED and row["model"] == MEAN and nested
    return {f"{name}_nested": np.mean([n[name] for n in nested]) if its else np.nan for name in SCORES}


def _write(path, rows):
    names = rows[0] if rows else ["variant"]
    write_csv(path, {name: [row[name] for row in rows] for name in names}, digits=4)


if "snakemake" in globals():
    from mallorn.learning.tables import DatasetFiles
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            DatasetFiles(given.train, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            given.folds,
            dict(zip(snakemake.params.tuned, given.get("parameters", []), strict=True)),
            Outputs(*snakemake.output),
            snakemake.params.settings,
            snakemake.threads,
        )
