"""Compile the fits of physical hypotheses and Gaussian processes once, for all jobs that follow."""

from mallorn.hypotheses.cache import compile_kernels


def main(folder, processes=1):
    """folder: path. processes: that compile at a time; the code is the same."""
    compile_kernels(folder, processes)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.output[0], snakemake.threads)
