"""Networks that learn from other objects first, by the real workflow: simulated ones, or unlabelled ones."""

import json

import pytest
import yaml
from workflow_copy import TINY

from mallorn.decide.predictions import read_out_of_fold
from mallorn.learners.networks.files import histories

pytest.importorskip("torch", reason="networks need torch: make install-neural")

NETWORK = {"width": 4, "depth": 1, "kernel": 3, "epochs": 1, "hidden": 4, "batch_size": 32}
PREDICTIONS = "results/predictions/final/{}/0/{}"


def test_a_network_fills_in_simulated_or_unlabelled_light_curves_first(clone):
    given = yaml.safe_load(TINY.read_text())
    given["models"]["filled"] = {"learner": "tcn", "enabled": False, "pretrained": True}
    given["models"]["filled"]["params"] = {**NETWORK, "first_masked_epochs": 2, "first_epochs": 1}
    given["models"]["unlabelled"] = {"learner": "tcn", "enabled": False, "pretrained": "unlabelled"}
    given["models"]["unlabelled"]["params"] = {**NETWORK, "first_masked_epochs": 2, "masked_epochs": 1}
    given["pretraining"] = {"sources": {**given["simulation"]["sources"], "SN IIn": 1, "SN Ib": 1}, "spectroscopic": 1}
    clone.configfile = clone.path / "networks.yaml"
    clone.configfile.write_text(yaml.safe_dump(given))
    wanted = [("grouped", "filled"), ("stratified", "unlabelled")]
    clone.snakemake(*(f"{PREDICTIONS.format(*one)}/out_of_fold.parquet" for one in wanted))
    for name, epochs in (("filled", 1), ("unlabelled", 0)):
        about = json.loads(clone.read(f"results/pretrained/{name}/network.json"))
        assert (len(about["history"]), len(about["masked_history"])) == (epochs, 2)
    for protocol, name in wanted:
        p = read_out_of_fold(clone.path / PREDICTIONS.format(protocol, name) / "out_of_fold.parquet")
        assert (p.protocol, p.model) == (protocol, name)
    about = histories(clone.path / PREDICTIONS.format("stratified", "unlabelled") / "models")[0]
    assert (len(about["history"]), len(about["masked_history"])) == (1, 1)
    # on grouped folds it is refused: `networks` does not plan it, and the job does not train
    planned = " ".join(clone.planned("networks")["cross_validate"])
    assert PREDICTIONS.format("stratified", "filled") in planned
    assert PREDICTIONS.format("grouped", "unlabelled") not in planned
    done = clone.snakemake(f"{PREDICTIONS.format('grouped', 'unlabelled')}/out_of_fold.parquet", ok=False)
    assert "siblings of held-out events are among the unlabelled objects" in done.stdout + done.stderr
