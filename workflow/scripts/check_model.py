"""Check that the model in results/model can score what is made of light curves here, before they are read."""

from mallorn.decide.bundle import check_bundle, read_bundle
from mallorn.io.files import write_text


def main(model, output, state, kernels):
    """Write what is other here than where the model was made, a line for each package or part of the code.

    model: folder. output: path. state: what features are made by here. kernels: folder of the compiled hypotheses.
    Raises DataError, naming every difference that matters.
    """
    write_text(output, "".join(f"{note}\n" for note in check_bundle(model, read_bundle(model), state, None, kernels)))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(snakemake.params.model, snakemake.output[0], snakemake.params.state, snakemake.input.kernels)
