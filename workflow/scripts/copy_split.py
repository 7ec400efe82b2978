"""Write altered copies of the light curves of one split's training objects."""

from mallorn.copies import copied_lightcurves
from mallorn.lightcurves import read_lightcurves, write_lightcurves
from mallorn.tables import read_columns


def main(points, objects, logs, copied_points, copied_objects, name, settings):
    """Write the light curves of the copies called `name`, as ingestion writes those of the objects themselves.

    logs: path of what copy_logs wrote. settings: {"seed", "copy": a block of `copies` of the configuration}.
    """
    copies = copied_lightcurves(
        read_lightcurves(points, objects), read_columns(logs), name, settings["copy"], settings["seed"]
    )
    write_lightcurves(copies, copied_points, copied_objects)


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.points,
            snakemake.input.objects,
            snakemake.input.logs,
            snakemake.output.points,
            snakemake.output.objects,
            snakemake.wildcards.kind,
            snakemake.params.settings,
        )
