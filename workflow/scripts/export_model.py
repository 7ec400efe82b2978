"""Gather what scores new light curves: fits, ensemble, calibration, threshold, and what the features are made by."""

import json
from pathlib import Path
from typing import NamedTuple

from mallorn.decide.bundle import Scorer, write_bundle
from mallorn.decide.golden import golden_curves
from mallorn.survey.passbands import Passbands


class Trained(NamedTuple):
    """Paths of trained models. folders: list over repeats of {model: folder of its fits}. learned: of what the ensemble
    has learned, one for each repeat, or nothing for a single model. threshold: of the decision.
    """

    folders: list
    learned: list
    threshold: str

    def scorer(self):
        """Return the `Scorer`; None where nothing was trained."""
        if not self.folders:
            return None
        single = {"members": list(self.folders[0]), "method": "mean", "weights": [1.0]}
        ensembles = [_read(path) for path in self.learned] or [single] * len(self.folders)
        return Scorer(self.folders, ensembles, _read(self.threshold))


def main(trained, without, output, about, state, golden=None):
    """Write the folder `output`.

    trained: `Trained` models of objects with a redshift; without: of those without one. about, state: see
    `write_bundle`. golden: {"simulation": that block of the configuration, "passbands": text of the survey's
    `Passbands`, "kernels": folder of the compiled ones}, of which golden inputs are made; None for none.
    """
    if golden:
        curves = golden_curves(golden["simulation"], Passbands.from_text(golden["passbands"]))
        golden = curves, golden["kernels"]
    write_bundle(output, trained.scorer(), without.scorer(), state, about, golden)


def _read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, folders = snakemake.input, snakemake.params.folders
        main(
            Trained(folders["with"], given.get("learned", []), given.threshold),
            Trained(folders["without"], given.get("without_learned", []), "".join(given.get("without_threshold", []))),
            snakemake.output[0],
            snakemake.params.about,
            snakemake.params.state,
            {**snakemake.params.golden, "kernels": given.kernels},
        )
