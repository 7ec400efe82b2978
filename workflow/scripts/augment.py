"""Write altered training objects as a split of their own."""

import numpy as np

from mallorn.augmentation.altered import augmented_lightcurves, augmented_metadata, metadata_without_redshift
from mallorn.augmentation.early import known_at_ages
from mallorn.augmentation.other_surveys import copies_metadata, seen_by_other_surveys
from mallorn.ingest.metadata import write_logs
from mallorn.io.tables import read_columns
from mallorn.learning.training_sets import (
    EARLY,
    EARLY_WITHOUT_REDSHIFT,
    KNOWING_NO_REDSHIFT,
    OTHER_SURVEYS,
    OTHER_SURVEYS_WITHOUT_REDSHIFT,
    WITHOUT_REDSHIFT,
)
from mallorn.survey.lightcurves import joined, lightcurve_groups, write_lightcurves


def main(metadata, survey, outputs, kind, settings):
    """Write the metadata, points and objects of the augmentation `kind`, like those of an ingested split.

    metadata: path; survey: {"points", "objects"[, "fits", multi-band fits]}: paths of all splits. outputs: {"metadata",
    "points", "objects": path}. settings: {"seed", "augmentation": a block of `augmentations`, "domain"}.
    """
    table, paths = read_columns(metadata), list(zip(survey["points"], survey["objects"], strict=True))
    options, seed = settings["augmentation"], settings["seed"]
    made = {OTHER_SURVEYS: _of_other_surveys, OTHER_SURVEYS_WITHOUT_REDSHIFT: _of_other_surveys}
    made |= {EARLY: _at_ages, EARLY_WITHOUT_REDSHIFT: _at_ages}
    if kind in made:
        lightcurves = made[kind](table, paths, survey["fits"], settings)
        if kind in KNOWING_NO_REDSHIFT:
            lightcurves = lightcurves.without_redshift()
        altered = copies_metadata(table, lightcurves, kind)
    else:
        known = kind != WITHOUT_REDSHIFT
        altered = augmented_metadata(table, kind, seed) if known else metadata_without_redshift(table, kind)
        groups = (lc for of_split in paths for _, lc in lightcurve_groups(*of_split))
        lightcurves = joined([augmented_lightcurves(lc, altered, kind, options, seed) for lc in groups])
    write_lightcurves(lightcurves, outputs["points"], outputs["objects"])
    write_logs(outputs["metadata"], altered)


def _of_other_surveys(table, paths, fits, settings):
    """Return the `LightCurves` of the copies of all training objects as other surveys would have seen them."""
    train, parts = set(table["object_id"][table["set"] == "train"]), []
    for of_split, path in zip(paths, fits, strict=True):
        for group, lc in lightcurve_groups(*of_split):
            rows = np.flatnonzero([name in train for name in lc.object_id])
            of_objects = {name: values[rows] for name, values in read_columns(path, group=group).items()}
            parts += seen_by_other_surveys(
                lc.take(rows), of_objects, settings["augmentation"], settings["seed"], settings["domain"]
            )
    return joined(parts)


def _at_ages(table, paths, _, settings):
    """Return the `LightCurves` of the copies of all training objects at each age."""
    train, parts = set(table["object_id"][table["set"] == "train"]), []
    for of_split in paths:
        for _, lc in lightcurve_groups(*of_split):
            rows = np.flatnonzero([name in train for name in lc.object_id])
            parts += known_at_ages(lc.take(rows), settings["augmentation"], settings["domain"], settings["seed"])
    return joined(parts)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            {name: snakemake.input.get(name) for name in ("points", "objects", "fits")},
            {name: snakemake.output[name] for name in ("metadata", "points", "objects")},
            snakemake.wildcards.kind,
            snakemake.params.settings,
        )
