"""Compile the engine of the Gaussian-process fits once, for all jobs that follow."""

from mallorn.gp.engines import compile_engine


def main(folder):
    compile_engine(folder)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.output[0])
