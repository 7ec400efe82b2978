"""Fit damped random walks to each passband of every object of a split."""

from mallorn.gp.models import DRW
from mallorn.gp.split import fit_split

if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given, outputs, params = snakemake.input, dict(snakemake.output.items()), snakemake.params
        engine = params.gp["engine"], given.get("engine")
        fit_split(DRW, given.points, given.objects, outputs, params.settings, *engine)
