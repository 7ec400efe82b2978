"""Augmented training objects and outer training sets, through the real DAG with one cheap family."""

import yaml
from workflow_copy import TINY

from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults


def test_augmented_objects_go_through_the_same_rules(empty):
    families = defaults()["features"]
    config = yaml.safe_load(TINY.read_text())
    config["simulation"]["n_splits"] = 1
    config["features"] = {name: {"enabled": name == "statistics"} for name in families}
    config["augmentations"] = {"photoz": {"enabled": True}, "jitter": {"enabled": True}}
    config["ensembles"] = {"mean": {"members": ["catboost_multiclass", "logistic_multiclass"]}}
    work = empty("augmented")
    work.configfile = work.path / "augmented.yaml"
    work.configfile.write_text(yaml.safe_dump(config))
    folder = work.path / "results" / "predictions" / "outer_1" / "grouped" / "0"
    work.snakemake(str((folder / "mean" / "photoz.parquet").relative_to(work.path)))
    train, photoz, jitter = (
        read_columns(work.path / "results" / "features" / f"{name}.parquet") for name in ("train", "photoz", "jitter")
    )
    assert train["object_id"].tolist() == photoz["object_id"].tolist() == jitter["object_id"].tolist()
    assert (train["Z"] != photoz["Z"]).mean() > 0.9
    same, fewer = (table["statistics__n_points__r"] for table in (photoz, jitter))
    assert same.tolist() == train["statistics__n_points__r"].tolist()
    assert (fewer < same).any()
    inside = read_columns(folder / "mean" / "out_of_fold.parquet")
    altered = read_columns(folder / "mean" / "photoz.parquet")
    assert set(altered["object_id"]) == set(inside["object_id"])
    apart = read_columns(folder / "mean" / "held_out.parquet")
    assert set(apart["object_id"]) | set(inside["object_id"]) == set(train["object_id"])
    assert not set(apart["object_id"]) & set(inside["object_id"])
