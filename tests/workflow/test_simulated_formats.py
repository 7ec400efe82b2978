"""The simulated survey in other formats, by the real workflow, as a user asks for it."""

import numpy as np
import pytest
import yaml
from workflow_copy import TINY

from mallorn.io.tables import read_columns
from mallorn.sources import rubin_alerts, snana


@pytest.fixture(scope="module")
def workspace(empty):
    """A folder with stars in its survey, after both were simulated and nothing else."""
    workspace = empty("a folder")
    config = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    config["simulation"]["sources"] |= {"RRL": 1, "KN": 1}
    workspace.configfile = workspace.path / "stars.yaml"
    workspace.configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
    workspace.snakemake("simulated_snana", "simulated_alerts")
    return workspace


def objects(batches):
    return {name for batch in batches for name in batch.objects["object_id"]}


@pytest.mark.parametrize("part", ["train", "test"])
def test_readers_find_the_objects_of_the_survey(workspace, part):
    results = workspace.path / "results"
    truth = read_columns(results / "survey" / "truth.parquet")
    there = truth["set"] == part
    assert objects(snana.batches(results / "survey.snana" / part, {})) == set(truth["object_id"][there])
    numbers = 170_000_000_000_000_000 + 1_000_000 * truth["source"][there] + truth["sibling"][there]
    found = objects(rubin_alerts.batches(results / "survey.alerts" / part, {}))
    assert found <= set(map(str, numbers))
    assert len(found) > 0.9 * np.count_nonzero(there)


def test_light_curves_of_the_challenge_are_not_made_for_it(workspace):
    assert not list((workspace.path / "results" / "survey").glob("split_*"))


def test_nothing_is_made_again(workspace):
    assert not workspace.planned("simulated_snana", "simulated_alerts")
