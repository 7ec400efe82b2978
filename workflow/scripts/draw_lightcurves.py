"""Write the light curves of the objects with a photometric redshift, with a draw in place of the redshift."""

from mallorn.augmentation.altered import augmented_lightcurves
from mallorn.io.tables import read_columns
from mallorn.survey.lightcurves import lightcurve_groups, lightcurve_writer, read_passbands


def main(metadata, points, objects, outputs):
    """Write the two files `outputs`, points and objects, for the objects of one part that `metadata` lists.

    metadata: path of a file by `draw_redshifts`. points, objects: paths of the part.
    """
    drawn = read_columns(metadata, ["object_id", "Z", "Z_err"])
    with lightcurve_writer(*outputs, read_passbands(points)) as write:
        for _, lightcurves in lightcurve_groups(points, objects):
            write(augmented_lightcurves(lightcurves, drawn, "", {}, 0))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.points,
            snakemake.input.objects,
            [snakemake.output.points, snakemake.output.objects],
        )
