"""A survey in SNANA's files is trained on, and alerts of other objects are scored and drawn, from files to pages."""

import json

import numpy as np
import pytest
import yaml
from astropy.io.votable import parse
from csv_rows import read_rows
from workflow_copy import TINY

from mallorn.io.tables import read_columns, read_metadata
from mallorn.settings.resolve import defaults
from mallorn.simulate.logs import write_logs
from mallorn.simulate.writers import rubin_alerts, snana
from mallorn.survey.passbands import LSST

SHIPPED = defaults()
FAMILIES = ("statistics", "color")


def configuration(**changes):
    """Return a configuration of one model on few features."""
    config = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    for block in ("models", "ensembles", "augmentations"):
        for key in SHIPPED[block]:
            config.setdefault(block, {}).setdefault(key, {})["enabled"] = block == "models" and key == "lightgbm"
    config["augmentations"]["no_redshift"]["enabled"] = True
    config["features"] = {name: {"enabled": name in FAMILIES} for name in SHIPPED["features"]}
    config["submission"] = {"model": "lightgbm"}
    config["explanations"] = {"models": ["lightgbm"]}
    config["fits"] = {"hypotheses": {"models": ["supernova"]}}
    return config | changes


@pytest.fixture(scope="module")
def scored(empty):
    """A folder in which a survey of SNANA's files went to a submission, and alerts to candidates; `truth` of both."""
    workspace, config = empty("any format"), configuration()
    simulation = SHIPPED["simulation"] | config["simulation"] | {"n_splits": 1}
    simulation["sources"] = SHIPPED["simulation"]["sources"] | config["simulation"]["sources"] | {"RRL": 2}
    write_logs(simulation, LSST, 3, workspace.path / "truth")
    workspace.truth = read_columns(workspace.path / "truth" / "truth.parquet")
    for write, folder in ((snana.write_split, "pairs"), (rubin_alerts.write_split, "alerts")):
        write(simulation, LSST, 3, "split_01", workspace.truth, workspace.path / folder)
    config |= {"data_dir": "pairs", "source": "snana", "survey": "lsst"}
    config |= {"new_data": "alerts/test", "new_source": "rubin_alerts"}
    workspace.configfile = workspace.path / "mine.yaml"
    workspace.configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
    workspace.snakemake("results/submission.csv", "results/model")
    workspace.snakemake("new_candidates")
    return workspace


def test_every_object_without_a_label_is_predicted(scored):
    truth, metadata = scored.truth, read_columns(scored.path / "results" / "metadata.parquet")
    of = {name: set(truth["object_id"][truth["set"] == name].astype(str)) for name in ("train", "test")}
    assert {row["object_id"] for row in read_rows(scored.path / "results" / "submission.csv")} == of["test"]
    train = metadata["set"] == "train"
    assert set(metadata["object_id"][train]) == of["train"]
    kind = dict(zip(truth["object_id"], truth["spec_type"], strict=True))
    assert [kind[name] for name in metadata["object_id"][train]] == metadata["spec_type"][train].tolist()
    z = dict(zip(truth["object_id"], truth["redshift"], strict=True))
    expected = [np.nan if kind[name] == "RRL" else z[name] for name in metadata["object_id"][train]]
    np.testing.assert_allclose(metadata["Z"][train], expected, rtol=1e-3)


def test_points_keep_their_flags_and_every_row_is_accounted_for(scored):
    results = scored.path / "results"
    for points in (results / "lightcurves").glob("split_*.parquet"):
        of = read_columns(points, ["mjd", "flux", "detected", "limit"])
        counts = read_metadata(results / "set_aside" / points.name)
        assert len(of["mjd"]) == int(counts["points_kept"])
        assert int(counts["rows_read"]) == int(counts["points_kept"]) + int(counts["rows_set_aside"])
        assert (of["detected"] == 1).any()
        assert counts["flux"] == "difference"
        assert counts["time"].startswith("MJD")


def test_new_objects_are_scored_with_or_without_redshift_and_drawn(scored):
    classified = scored.path / "results" / "classified"
    found = read_rows(classified / "probabilities.csv")
    kinds = {row["object_id"]: row["redshift_kind"] for row in found}
    stars = set(scored.truth["object_id"][scored.truth["spec_type"] == "RRL"])
    names = {row["object_id"]: row for row in found}
    scored_rows = [row for row in found if row["domain"] != "cannot say"]
    assert all(0.0 <= float(row["probability"]) <= 1.0 for row in scored_rows)
    assert all(row["probability"] == "" for row in found if row["domain"] == "cannot say")
    assert len(scored_rows) > 0.5 * len(found)
    assert {"none"} < set(kinds.values())
    assert len(names) == len(found) > 0
    assert stars
    ranked = read_rows(classified / "candidates.csv")
    assert {row["object_id"] for row in ranked} == {row["object_id"] for row in scored_rows}
    assert all(row["ra"] and row["dec"] for row in ranked)
    pages = scored.path / "results" / "report" / "new"
    drawn = sorted(path.name for path in pages.glob("*.html"))
    assert 3 < len(drawn) <= 3 + 10  # the first candidates, and the most unusual objects
    page = (pages / f"{ranked[0]['object_id']}.html").read_text(encoding="utf-8")
    assert f"rank 1 of {len(found)} new objects" in page
    assert "legacysurvey.org" in page


def test_every_result_of_new_objects_names_their_data(scored):
    classified = scored.path / "results" / "classified"
    record = json.loads((classified / "input.json").read_text(encoding="utf-8"))
    files = {str(path.relative_to(scored.path)) for path in (scored.path / "alerts" / "test").rglob("*.avro")}
    assert record["data"] == "alerts/test"
    assert set(record["files"]) == files
    for name in ("probabilities", "predictions", "candidates"):
        found = {(row["input"], row["input_sha256"]) for row in read_rows(classified / f"{name}.csv")}
        assert found == {("alerts/test", record["sha256"])}
    about = read_metadata(classified / "candidates.parquet")
    assert (about["input"], about["input_sha256"]) == ("alerts/test", record["sha256"])
    line = f"alerts/test [sha256 {record['sha256'][:16]}]"
    assert line in " ".join(parse(classified / "candidates.vot").description.split())
    for page in (scored.path / "results" / "report" / "new").glob("*.html"):
        assert f'<p class="of">Results of {line}</p>' in page.read_text(encoding="utf-8")


def test_another_format_is_read_anew_and_only_that(scored):
    plan = scored.planned("results/submission.csv")
    assert plan == {}
    pair = next((scored.path / "pairs" / "train").rglob("*TDE_PHOT.FITS.gz"))
    data = pair.read_bytes()
    pair.write_bytes(data + b"\0")  # a pair is read where either of its files changes
    assert "ingest" in scored.planned("results/submission.csv")
    pair.write_bytes(data)
    assert scored.planned("results/submission.csv") == {}
