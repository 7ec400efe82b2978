"""Describe how the objects of each training set were observed, so that a model can tell what is unlike them."""

import json

import numpy as np

from mallorn.decide.domain import domain_of
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.training_sets import FINAL
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.observed import Observed, observed


def main(metadata, parts, copies, output, settings):
    """Write {"minimum", "few_bands", "scorers": {training set: table of `mallorn.decide.domain.domain_of`}} as JSON.

    metadata: path. parts: {"survey": [(points, objects), ...] of all splits, name of a set of copies: the same}.
    copies: names of the sets of copies. settings: {"seed", "domain": block of the configuration, "passbands": sets of
    slots that other surveys are taken to have}.
    """
    log = read_columns(metadata, ["object_id", "set"])
    train = set(log["object_id"][log["set"] == "train"])
    of = {FINAL: _observed(parts["survey"], train)} | {name: _observed(parts[name]) for name in copies}
    has_redshift = np.isfinite(of[FINAL].redshift)
    if has_redshift.any():
        of[FINAL] = of[FINAL].take(np.flatnonzero(has_redshift))
    block = settings["domain"]
    scorers = {name: domain_of(seen, block["tails"], settings["seed"]) for name, seen in of.items()}
    few = max(map(len, settings["passbands"]))
    minimum = {name: block[name] for name in ("points", "detections", "nights")}
    write_text(output, json.dumps({"minimum": minimum, "few_bands": few, "scorers": scorers}) + "\n")


def _observed(paths, names=None):
    """Return how the objects of some parts were `Observed`, of those in `names` if given."""
    found = []
    for of_part in paths:
        for _, lc in lightcurve_groups(*of_part):
            rows = np.flatnonzero([names is None or name in names for name in lc.object_id])
            found.append(observed(lc.take(rows)))
    return Observed(*map(np.concatenate, zip(*found, strict=True)))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        paths, copies = list(zip(snakemake.input.points, snakemake.input.objects, strict=True)), snakemake.params.copies
        splits = len(paths) - len(copies)
        main(
            snakemake.input.metadata,
            {"survey": paths[:splits], **{name: [pair] for name, pair in zip(copies, paths[splits:], strict=True)}},
            copies,
            snakemake.output[0],
            snakemake.params.settings,
        )
