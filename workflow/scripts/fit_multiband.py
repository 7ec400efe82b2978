"""Fit the multi-band Matern-3/2 process to every object of a split."""

from mallorn.gp.models import MultibandMatern32
from mallorn.gp.split import fit_split

if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given, outputs, params = snakemake.input, {None: snakemake.output[0]}, snakemake.params
        engine = params.gp["engine"], given.get("engine")
        fit_split(MultibandMatern32, given.points, given.objects, outputs, params.settings, *engine)
