"""Time the columns of ROCKET for numbers of objects."""

from mallorn.benchmarks.rocket import rocket_costs
from mallorn.io.csv_tables import write_csv


def main(posteriors, output, sizes, seed):
    """posteriors, output: paths; sizes: numbers of objects."""
    rows = rocket_costs(posteriors, sizes, seed)
    write_csv(output, {name: [row[name] for row in rows] for name in rows[0]}, digits=4)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        settings = snakemake.params.settings
        main(list(snakemake.input), snakemake.output[0], settings["benchmark"], settings["seed"])
