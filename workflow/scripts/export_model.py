"""Gather what scores new light curves: fits, ensemble, calibration, threshold, and what the features are made by."""

import json
from pathlib import Path

from mallorn.decide.bundle import write_bundle


def main(folders, learned, threshold, output, about, state):
    """Write the folder `output`.

    folders: list over repeats of {model: folder of its fits}. learned: paths of what the ensemble has learned, one for
    each repeat, or nothing for a single model. threshold: path of the decision. about, state: see `write_bundle`.
    """

    def read(path):
        return json.loads(Path(path).read_text(encoding="utf-8"))

    single = {"members": list(folders[0]), "method": "mean", "weights": [1.0]}
    ensembles = [read(path) for path in learned] or [single] * len(folders)
    write_bundle(output, folders, ensembles, read(threshold), state, about)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.params.folders,
            snakemake.input.get("learned", []),
            snakemake.input.threshold,
            snakemake.output[0],
            snakemake.params.about,
            snakemake.params.state,
        )
