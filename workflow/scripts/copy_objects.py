"""Write altered copies of the training objects, as a split of their own."""

from mallorn.ingest.metadata import write_logs
from mallorn.io.tables import read_columns
from mallorn.survey.augmentation import copied_lightcurves, copied_logs
from mallorn.survey.lightcurves import joined, lightcurve_groups, write_lightcurves


def main(logs, points, objects, copied_logs_path, copied_points, copied_objects, kind, settings):
    """Write the logs, points and objects of the copies called `kind`, as ingestion writes those of a split.

    logs: path; points, objects: paths of all splits. settings: {"seed", "copy": a block of `copies`}.
    """
    copies = copied_logs(read_columns(logs), kind, settings["seed"])
    parts = [
        copied_lightcurves(lc, copies, kind, settings["copy"], settings["seed"])
        for paths in zip(points, objects, strict=True)
        for _, lc in lightcurve_groups(*paths)
    ]
    write_lightcurves(joined(parts), copied_points, copied_objects)
    write_logs(copied_logs_path, copies)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.logs,
            snakemake.input.points,
            snakemake.input.objects,
            snakemake.output.logs,
            snakemake.output.points,
            snakemake.output.objects,
            snakemake.wildcards.kind,
            snakemake.params.settings,
        )
