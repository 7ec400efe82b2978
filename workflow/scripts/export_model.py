"""Gather all that scoring new light curves needs: fits, ensembles, decisions, domain, and settings of features."""

import json
import shutil
from pathlib import Path

from mallorn.decide.bundle import DOMAIN, Scorer, write_bundle
from mallorn.decide.golden import golden_curves
from mallorn.decide.outliers import FOLDER
from mallorn.survey.passbands import Passbands


def main(trained, domain, outliers, output, about, state, golden=None):
    """Write the folder `output`.

    trained: {training set: {"folders": list over repeats of {model: folder of its fits}, "learned": paths of what the
    ensemble learned, one for each repeat, none for a single model, "threshold": path of the decision}}.
    domain: path of domain.json. outliers: {training set: path of its detector}. about, state: see `write_bundle`.
    golden: {"simulation": that block of the configuration, "passbands": text of the survey's `Passbands`, "kernels":
    folder of compiled kernels}, which make the golden inputs; None for none.
    """
    if golden:
        curves = golden_curves(golden["simulation"], Passbands.from_text(golden["passbands"]))
        golden = curves, golden["kernels"]
    write_bundle(output, {name: _scorer(**made) for name, made in trained.items()}, state, about, golden)
    shutil.copyfile(domain, Path(output, DOMAIN))
    Path(output, FOLDER).mkdir(exist_ok=True)
    for training, path in outliers.items():
        shutil.copyfile(path, Path(output, FOLDER, f"{training}.npz"))


def _scorer(folders, learned, threshold):
    single = {"members": list(folders[0]), "method": "mean", "weights": [1.0]}
    return Scorer(folders, [_read(path) for path in learned] or [single] * len(folders), _read(threshold))


def _read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.imports import lightgbm_alone
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        lightgbm_alone([m["learner"] for m in snakemake.params.about["models"].values()], snakemake.config["plugins"])
        main(
            snakemake.params.trained,
            snakemake.input.domain,
            dict(zip(snakemake.params.trained, snakemake.input.outliers, strict=True)),
            snakemake.output[0],
            snakemake.params.about,
            snakemake.params.state,
            {**snakemake.params.golden, "kernels": snakemake.input.kernels},
        )
