"""Write altered training objects, as a split of their own."""

from mallorn.ingest.metadata import write_logs
from mallorn.io.tables import read_columns
from mallorn.learning.training_sets import WITHOUT_REDSHIFT
from mallorn.survey.augmentation import augmented_lightcurves, augmented_metadata, metadata_without_redshift
from mallorn.survey.lightcurves import joined, lightcurve_groups, write_lightcurves


def main(metadata, points, objects, outputs, kind, settings):
    """Write the metadata, points and objects of the augmentation `kind`, as ingestion writes those of a split.

    metadata: path; points, objects: paths of all splits. outputs: {"metadata", "points", "objects": path}.
    settings: {"seed", "augmentation": a block of `augmentations`}.
    """
    table = read_columns(metadata)
    if kind == WITHOUT_REDSHIFT:
        altered = metadata_without_redshift(table, kind)
    else:
        altered = augmented_metadata(table, kind, settings["seed"])
    parts = [
        augmented_lightcurves(lc, altered, kind, settings["augmentation"], settings["seed"])
        for paths in zip(points, objects, strict=True)
        for _, lc in lightcurve_groups(*paths)
    ]
    write_lightcurves(joined(parts), outputs["points"], outputs["objects"])
    write_logs(outputs["metadata"], altered)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.points,
            snakemake.input.objects,
            {name: snakemake.output[name] for name in ("metadata", "points", "objects")},
            snakemake.wildcards.kind,
            snakemake.params.settings,
        )
