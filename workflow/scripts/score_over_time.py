"""Score the first candidates as they were known over time, with the model in results/model."""

import numpy as np

from mallorn.hypotheses.cache import use_kernels
from mallorn.interface.model import load_model
from mallorn.interface.over_time import score_over_time
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.tables import read_points
from mallorn.report.candidates import with_pages


def main(model, candidates, survey, output, options, kernels):
    """Write the table of `mallorn.interface.over_time.score_over_time` of all candidates that have a page.

    model: folder. candidates: path of their table. survey: {"lightcurves", "objects": paths of all splits}. options:
    block `report` of the configuration. kernels: folder of compiled fits.
    """
    use_kernels(kernels)
    wanted = np.array(sorted(set(map(str, with_pages(read_columns(candidates), options)))), dtype=object)
    curves = read_points(survey["lightcurves"], survey["objects"], wanted)
    said = score_over_time(load_model(model), curves)
    write_table(output, {name: said[name].to_numpy() for name in said})


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            given.model,
            given.candidates,
            {name: given[name] for name in ("lightcurves", "objects")},
            snakemake.output[0],
            snakemake.params.settings,
            given.kernels,
        )
