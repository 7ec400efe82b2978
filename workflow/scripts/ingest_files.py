"""Read the light curves of one split, and what is known about its objects, from files of a format."""

from functools import partial

from mallorn.ingest.known import write_known
from mallorn.ingest.split import write_split
from mallorn.sources.format import FormatSource
from mallorn.survey.passbands import Passbands


def main(name, folder, survey, split, chosen, outputs, settings):
    """Write the light curves of `split`, the rows not kept, and what is known about the objects.

    name: of the format. folder: file or folder that it reads. survey: {"passbands" as text (`Passbands.to_text`),
    "surveys": names of their surveys[, "in_slots": argument `minimum` of `write_split`]}. chosen: the input of `split`,
    as from `FormatSource.chosen`. outputs: paths of the points, the objects, the rows set aside, and what is known.
    settings: the blocks `ingest` and `readers` of the configuration.
    """
    passbands, known = Passbands.from_text(survey["passbands"]), []
    source = FormatSource(name, settings)
    source.choose(folder, split, chosen)
    of = partial(source.read_files, folder, split, settings["ingest"])

    def read(write):
        aside, objects = of((passbands, survey["surveys"]), write)
        known.append(objects)
        return aside

    write_split(read, passbands, *outputs[:3], survey.get("in_slots"))
    write_known(outputs[3], *known)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        params, output = snakemake.params, snakemake.output
        outputs = output.points, output.objects, output.set_aside, output.known
        split = snakemake.wildcards.split
        main(params.source, params.folder, params.survey, split, params.chosen, outputs, params.settings)
