"""Describe how the new objects were observed, and say at once how their survey differs from those learned from."""

import logging

import numpy as np

from mallorn.decide.domain import read_domain, unlike_words
from mallorn.decide.young import trigger_of
from mallorn.io.tables import write_table
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.observed import Observed, observed


def main(points, objects, domain, output):
    """Write object_id and the fields of `Observed` of all new objects.

    points, objects: paths of all splits of new objects. domain: path of the model's domain.json. output: path.
    """
    parts, ids, known = [], [], read_domain(domain)
    for of_split in zip(points, objects, strict=True):
        for _, lc in lightcurve_groups(*of_split):
            parts.append(observed(lc, trigger_of(known)))
            ids.append(lc.object_id)
    seen = Observed(*map(np.concatenate, zip(*parts, strict=True)))
    for sentence in unlike_words(known, seen):
        logging.getLogger(__name__).warning("the new light curves are unlike those learned from: %s", sentence)
    columns = {**seen._asdict(), "slots": seen.slots.astype(np.int8)}
    write_table(output, {"object_id": np.concatenate(ids), **columns})


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.points, snakemake.input.objects, snakemake.params.domain, snakemake.output[0])
