"""Fit a Gaussian process to every object of a split: to each passband, or to all of them at once."""

from mallorn.gp.models import DRW, Matern32, MultibandMatern32
from mallorn.gp.split import fit_split

PROCESSES = {"drw": DRW, "matern": Matern32, "multiband": MultibandMatern32}

if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given, params = snakemake.input, snakemake.params
        outputs = dict(snakemake.output.items()) or {None: snakemake.output[0]}  # by passband, or of all passbands
        engine = params.gp["engine"], given.get("engine")
        fit_split(PROCESSES[params.process], given.points, given.objects, outputs, params.settings, *engine)
