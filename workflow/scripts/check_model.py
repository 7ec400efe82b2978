"""Check that the model in results/model can score the features that are made here, before light curves are read."""

from mallorn.decide.bundle import check_bundle, read_bundle
from mallorn.io.files import write_text


def main(model, output, state, kernels):
    """Write what differs here from where the model was made, a line for each package or part of the code.

    model: folder. output: path. state: the code and settings that make features here. kernels: folder of the compiled
    hypotheses. Raises DataError, naming every difference that matters.
    """
    write_text(output, "".join(f"{note}\n" for note in check_bundle(model, read_bundle(model), state, None, kernels)))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(snakemake.params.model, snakemake.output[0], snakemake.params.state, snakemake.input.kernels)
