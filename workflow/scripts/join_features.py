"""Join the feature families of all splits into one table."""

from pathlib import Path

from mallorn.families.join import join_features


def main(metadata, families, names, chosen, output, code):
    """Write the feature table of the objects of one set.

    metadata, output: paths. families: paths .../{family}/{split}.parquet; names: the families in column order.
    chosen: "train" or "test". code: digest of the code behind this.
    """
    files = {name: {} for name in names}
    for path in map(Path, families):
        files[path.parent.name][path.stem] = path
    join_features(metadata, files, output, chosen, code=code)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.families,
            snakemake.params.settings["families"],
            snakemake.params.settings["set"],
            snakemake.output[0],
            snakemake.params.code,
        )
