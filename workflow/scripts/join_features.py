"""Join the feature families of all splits to a training and a test table."""

from pathlib import Path

from mallorn.join import join_features


def main(logs, families, names, train, test):
    """Write the feature tables `train` and `test`.

    logs, train, test: paths. families: paths .../{family}/{split}.parquet; names: the families in column order.
    """
    files = {name: {} for name in names}
    for path in map(Path, families):
        files[path.parent.name][path.stem] = path
    join_features(logs, files, train, "train")
    join_features(logs, files, test, "test")


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.logs,
            snakemake.input.families,
            snakemake.params.settings["families"],
            snakemake.output.train,
            snakemake.output.test,
        )
