"""Score the models of ROCKET, and what they add to others on new draws of folds."""

from typing import NamedTuple

from mallorn.evaluate.compared import gains, scores, train, with_mean
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, draw_folds, fold_of
from mallorn.learning.parameters import read_best
from mallorn.learning.pipeline import needs_of
from mallorn.learning.tables import DatasetFiles, has_redshift, read_dataset
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.seeds import derived_seed


class Outputs(NamedTuple):
    """Paths of two tables: see `mallorn.evaluate.compared.scores` and `gains`."""

    scores: str
    gains: str


def main(files, folds, parameters, outputs, settings, threads):
    """Write both tables as CSV.

    files: `DatasetFiles` of the training objects. folds: path. parameters: {model: path of its tuned parameters}.
    settings: {"seed", "target", and the blocks "training", "selection", "folds", "threshold", "evaluation", "rocket"
    and "models" (those that are trained) of the configuration, and "members", those of rocket.ensemble}.
    """
    rocket, seed = settings["rocket"], derived_seed(settings["seed"], "score_rocket")
    specs = {
        name: {**block, "params": read_best(parameters[name])} if name in parameters else block
        for name, block in settings["models"].items()
    }
    needs = {view for spec in specs.values() for view in needs_of(spec)}
    training = {**settings["training"], "exclude": rocket["exclude"]}
    dataset, folds = read_dataset(files, training, needs), read_columns(folds)
    labels = fold_of(folds, PROTOCOLS[0], 0, dataset.object_id)
    dataset = dataset.take(training_rows(FINAL, labels["fold"], has_redshift(files.features))[0])
    rows = []
    for protocol in PROTOCOLS:
        repeats = [fold_of(folds, protocol, k, dataset.object_id) for k in range(rocket["repeats"])]
        trained = train(dataset, {name: specs[name] for name in rocket["models"]}, repeats, settings, seed, threads)
        rows += scores(protocol, trained, repeats, settings["threshold"], settings["evaluation"], seed)
    _write(outputs.scores, rows)
    _write(outputs.gains, _gains(dataset, folds, specs, settings, seed, threads))


def _gains(dataset, folds, specs, settings, seed, threads):
    """Return the rows of `mallorn.evaluate.compared.gains` on new draws of grouped folds."""
    rocket, members = settings["rocket"], settings["members"]
    known = fold_of(folds, "grouped", 0, dataset.object_id)
    about = [known[name] for name in ("spec_type", "target", "event")]
    drawn = draw_folds(
        dataset.object_id, *about, settings["folds"]["number"], rocket["draws"], settings["folds"]["rare"], seed
    )
    repeats = [fold_of(drawn, "grouped", k, dataset.object_id) for k in range(rocket["draws"])]
    pairs = [tuple(pair) for pair in rocket["pairs"]]
    wanted = dict.fromkeys([*(name for pair in pairs for name in pair), *rocket["candidates"], *members])
    trained = train(dataset, {name: specs[name] for name in wanted}, repeats, settings, seed, threads)
    trained = with_mean(trained, rocket["ensemble"], members)
    for name in rocket["candidates"]:
        together = f"{rocket['ensemble']} with {name}"
        trained = with_mean(trained, together, [*members, name])
        pairs.append((together, rocket["ensemble"]))
    return gains(trained, pairs, repeats, settings["threshold"], settings["evaluation"], seed)


def _write(path, rows):
    write_csv(path, {name: [row[name] for row in rows] for name in rows[0]}, digits=4)


if "snakemake" in globals():
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
