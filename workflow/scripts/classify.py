"""Score new objects with the model in results/model, without any training."""

import logging
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mallorn.decide.bundle import (
    DOMAIN,
    averaged_scores,
    check_bundle,
    ensemble_scores,
    joined_scores,
    member_scores,
    read_bundle,
    read_scorers,
)
from mallorn.decide.decision import decide_scores
from mallorn.decide.domain import judge, of_training_sets, read_domain, tell_judgement
from mallorn.decide.outliers import Detectors
from mallorn.decide.submission import write_probabilities, write_submission
from mallorn.families.family import by_reason
from mallorn.ingest.positions import known_of
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.tables import DatasetFiles, dataset_groups, feature_groups, rows_of
from mallorn.learning.training_sets import KNOWING_NO_REDSHIFT
from mallorn.runs.inputs import input_columns
from mallorn.survey.lightcurves import redshift_kind
from mallorn.survey.observed import Observed


def main(model, about, files, outputs, state, kernels=None):
    """Write CSV files of probabilities and predictions, with redshift_kind and the domain, in the order of the log.

    Those members of the model that have learned from similar objects score an object (see `mallorn.decide.domain`). If
    no member can, its cells are empty, and domain_reason says why.

    Beside the probabilities are what is known about the objects (redshift, position, host, and a label if there is one)
    and how they were observed. Every row of both files names its data and their digest.

    model: folder of the model. about: {"metadata", "observed", "source": path}; the last is the file of record_input.
    files: (`DatasetFiles` of the new objects, list of `DatasetFiles` of the objects with a photometric redshift, one
    for each draw of it). The mean over draws replaces their scores; an empty list takes redshifts as given. outputs:
    paths of the two files. state: code and settings that make features here, see `mallorn.decide.bundle`. kernels:
    folder of the compiled hypotheses.
    """
    (files, draws), manifest = files, read_bundle(model)
    check_bundle(model, manifest, state, pq.read_schema(files.features).names, kernels)
    tell_unknown(manifest["features"], read_notes(files.features))
    log = read_columns(files.features, ["object_id", "Z", "Z_err"])
    object_id, kind = log["object_id"], redshift_kind(log["Z"], log["Z_err"])
    scorers, seen, found = read_scorers(model, manifest), _observed(about["observed"], object_id), {}
    domain = of_training_sets(read_domain(Path(model, DOMAIN)), *scorers)
    judgement = judge(domain, seen)
    tell_judgement(domain, seen, judgement)
    for training, scorer in scorers.items():
        rows = np.flatnonzero(judgement.weight(training))
        scores = _member_scores(scorer, files, manifest, rows)
        if training not in KNOWING_NO_REDSHIFT and draws:
            drawn = rows_of(read_columns(draws[0].features, ["object_id"])["object_id"], object_id[rows])
            mine = np.flatnonzero(drawn >= 0)
            of_draws = [_member_scores(scorer, one, manifest, mine) for one in draws]
            scores = averaged_scores(scores, drawn[mine], of_draws)
        found[training] = scorer, ensemble_scores(scorer, scores)
    probability, chosen = decide_scores(len(manifest["classes"]), judgement, found)
    of, scored = input_columns(about["source"], len(object_id)), np.isfinite(probability[:, 0])
    said = {"outlier": _outliers(model, files, manifest, judgement.leading, probability)} | judgement.columns(seen)
    short = {"redshift_kind": kind} | {name: said[name] for name in ("domain", "domain_reason")}
    known = known_of(read_columns(about["metadata"]), object_id)
    write_probabilities(outputs[0], object_id, probability, manifest["classes"], known | said | of)
    write_submission(outputs[1], object_id, chosen, scored, short | of)
    logging.getLogger(__name__).info("%d of %d objects are chosen", chosen.sum(), len(chosen))


def _observed(path, object_id):
    """Return how the objects `object_id` (n,) were `Observed`, in that order."""
    table = read_columns(path)
    rows = rows_of(object_id, table["object_id"])
    columns = {name: table[name][rows] for name in Observed._fields}
    return Observed(**{**columns, "slots": columns["slots"].astype(bool)})


def _member_scores(scorer, files, manifest, rows):
    """Return the `member_scores` of the objects at the indices `rows`, with one group in memory at a time."""
    parts, begin = [], 0
    for part in dataset_groups(files, manifest["features"], manifest["needs"]):
        here = rows[(rows >= begin) & (rows < begin + len(part))] - begin
        begin += len(part)
        if len(here):
            parts.append(member_scores(scorer, part if len(here) == len(part) else part.take(here)))
    return joined_scores(parts) if parts else scorer.no_scores()


def _outliers(model, files, manifest, training, probability):
    """Return how unusual each object is, (n,); NaN for a model that reads no features."""
    found, begin, detectors = np.full(len(training), np.nan), 0, Detectors.of_model(model)
    for part in feature_groups(files.features, manifest["features"]) if "features" in manifest["needs"] else ():
        rows = slice(begin, begin + len(part.object_id))
        found[rows] = detectors.judge(training[rows], part.columns, part.values, probability[rows])
        begin = rows.stop
    return found


def tell_unknown(wanted, unknown):
    """Log which of the model's features, `wanted`, the survey of the new objects cannot have, and why."""
    lacking = {column: unknown[column] for column in wanted if column in unknown}
    log = logging.getLogger(__name__)
    if lacking:
        log.warning("%d of the model's %d features are unknown for all new objects", len(lacking), len(wanted))
    for why, columns in by_reason(lacking).items():
        log.warning("%d of them, such as %s: %s", len(columns), columns[0], why)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, params = snakemake.input, snakemake.params
        views = ("lightcurves", "objects", "posterior")
        draws = list(given.get("new_draws", []))

        def of_draw(k, name):
            paths = given.get(f"new_draws_{name}", [])
            return paths[k * len(paths) // len(draws) : (k + 1) * len(paths) // len(draws)]

        main(
            params.model,
            {name: given[name] for name in ("metadata", "observed", "source")},
            (
                DatasetFiles(given.features, *(given.get(name, []) for name in views)),
                [DatasetFiles(path, *(of_draw(k, name) for name in views)) for k, path in enumerate(draws)],
            ),
            (snakemake.output.probabilities, snakemake.output.predictions),
            params.state,
            given.kernels,
        )
