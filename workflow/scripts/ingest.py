"""Check the light curves of one split and write them sorted and packed."""

from functools import partial

from mallorn.ingest.split import write_split
from mallorn.plugins import load, use


def main(source, survey, split, points, objects, set_aside, settings):
    """Write the light curves of `split` to `points` and `objects`, and the rows not kept to `set_aside`.

    source: name of a source; see `mallorn.sources.source`. survey: {"folder", "sets"}. settings: block `ingest` of the
    configuration.
    """
    read = partial(load("sources", source).read_split, survey["folder"], split, survey["sets"], settings)
    write_split(read, points, objects, set_aside)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        params, output = snakemake.params, snakemake.output
        places = (output.points, output.objects, output.set_aside)
        main(params.source, params.survey, snakemake.wildcards.split, *places, params.settings)
