"""Describe how the objects of each training set were observed; a model then knows which objects are unlike them."""

import json
import logging

import numpy as np

from mallorn.decide.domain import STATUS, domain_of, judge, of_training_sets
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.training_sets import EARLY, FINAL, OTHER_SURVEYS, WITHOUT_REDSHIFT
from mallorn.survey.copies import CUTS, cuts_of
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands
from mallorn.survey.observed import Observed, observed


def main(metadata, parts, copies, output, settings):
    """Write {"minimum", "few_bands", "beyond_slots", "scorers": {training set: table of `domain_of`}} as JSON.

    See `mallorn.decide.domain.read_domain`. With copies at ages there is also "young".

    metadata: path. parts: {"survey": [(points, objects), ...] of all splits, name of a set of copies: the same}.
    copies: names of the sets of copies. settings: {"seed", "domain": block of the configuration, "passbands": sets of
    slots that stand for other surveys, "young": {"passes", "trigger"} of `augmentations.early`}.

    The log gives the shares of training objects, of test objects, and of copies in each cut that are in the domain of
    the models of the survey's own objects.
    """
    table = read_columns(metadata, ["object_id", "set"])
    train = set(table["object_id"][table["set"] == "train"])
    names, whole = _observed(parts["survey"])
    inside = np.array([name in train for name in names], dtype=bool)
    cuts, of = {}, {FINAL: whole.take(np.flatnonzero(inside))}
    for name in copies:
        ids, of[name] = _observed(parts[name])
        cuts[name] = cuts_of(ids)
    has_redshift = np.isfinite(of[FINAL].redshift)
    if has_redshift.any():
        of[FINAL] = of[FINAL].take(np.flatnonzero(has_redshift))
    block = settings["domain"]
    scorers = {name: domain_of(seen, block["tails"], settings["seed"]) for name, seen in of.items()}
    few = max(map(len, settings["passbands"]))
    minimum = {name: block[name] for name in ("points", "detections", "nights")}
    beyond = bool(read_passbands(parts["survey"][0][0]).beyond_slots)
    domain = {"minimum": minimum, "few_bands": few, "beyond_slots": beyond, "scorers": scorers}
    if EARLY in copies:
        domain["young"] = settings["young"]
    write_text(output, json.dumps(domain) + "\n")
    own = of_training_sets(domain, FINAL, WITHOUT_REDSHIFT)
    _tell("training objects", own, of[FINAL])
    _tell("test objects", own, whole.take(np.flatnonzero(~inside)))
    for cut in CUTS if OTHER_SURVEYS in copies else ():
        _tell(f"copies, {cut}", own, of[OTHER_SURVEYS].take(np.flatnonzero(cuts[OTHER_SURVEYS] == cut)))


def _tell(what, domain, seen):
    """Log the share of each `STATUS` among `Observed` objects."""
    status = judge(domain, seen).status
    shares = ", ".join(f"{name} {np.mean(status == name):.1%}" for name in STATUS) if len(status) else "none"
    logging.getLogger(__name__).info("%d %s: %s", len(status), what, shares)


def _observed(paths):
    """Return the ids (n,) of the objects of some parts, and how they were `Observed`."""
    names, found = [], []
    for of_part in paths:
        for _, lc in lightcurve_groups(*of_part):
            names.append(lc.object_id)
            found.append(observed(lc))
    return np.concatenate(names), Observed(*map(np.concatenate, zip(*found, strict=True)))


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
