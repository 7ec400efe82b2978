import json
from shutil import rmtree

import numpy as np
import pytest
from learning_data import PARAMS, SELECTION, SPEC, TRAINING, labelled, survey

from mallorn.errors import DataError
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import of_values
from mallorn.learning.model_files import Fits, mean_contributions, predict_mean, read_fits, write_fits

NAMES = tuple(f"feature_{k}" for k in range(10))


@pytest.fixture(scope="module")
def data():
    _, types, target, event, values = survey()
    classes, names, _ = encode_classes({"spec_type": types, "target": target}, "multiclass", TRAINING, "TDE")
    fold = np.unique(event, return_inverse=True)[1] // 5 % 3
    return values, classes, names, event, fold


def kept(data, learner="lightgbm", **transforms):
    values, classes, names, event, fold = data
    spec = {**SPEC, "learner": learner, "params": PARAMS[learner], "seeds": 2, "transforms": transforms}
    options = Options(of_values(values[:40]), keep=True)
    p = cross_validate(labelled(values, classes, len(names), event), fold, spec, 1, 1, options)
    return p, Fits(NAMES, names, ("features",), p.fits)


@pytest.mark.parametrize("name", PARAMS)
def test_fits_read_again_give_the_probabilities_of_cross_validation(data, name, tmp_path):
    p, fits = kept(data, name)
    write_fits(tmp_path / "fits", fits)
    again = read_fits(tmp_path / "fits")
    assert (again.columns, again.classes, again.needs) == (NAMES, data[2], ("features",))
    assert len(again.fits) == 6
    assert np.array_equal(predict_mean(again, of_values(data[0][:40], NAMES)), p.outside)


@pytest.mark.parametrize("name", ["catboost", "lightgbm", "xgboost"])
def test_a_linear_start_is_kept_and_explained(data, name, tmp_path):
    p, fits = kept(data, name, linear_start={"C": 0.1})
    write_fits(tmp_path, fits)
    assert len(list(tmp_path.glob("*/0_linear_start/start.json"))) == 6
    again = read_fits(tmp_path)
    assert np.array_equal(predict_mean(again, of_values(data[0][:40], NAMES)), p.outside)
    boosted = [fit._replace(steps=()) for fit in again.fits]
    alone = again._replace(fits=tuple(boosted))
    linear = mean_contributions(again, of_values(data[0][:40], NAMES)) - mean_contributions(
        alone, of_values(data[0][:40], NAMES)
    )
    assert np.abs(linear).mean(axis=0).argmax() == 0
    rmtree(tmp_path / "001" / "0_linear_start")
    with pytest.raises(DataError, match="001/0_linear_start: expected a fit, found nothing"):
        read_fits(tmp_path)


def test_features_selected_away_and_classes_never_seen_are_remembered(data, tmp_path):
    values, classes, names, event, fold = data
    fewer = (values[classes != 3], classes[classes != 3], names, event[classes != 3], fold[classes != 3])
    p, fits = kept(fewer, selection={**SELECTION, "frequency": 1.0, "top": 2})
    write_fits(tmp_path, fits)
    again = read_fits(tmp_path)
    assert all(len(fit.steps[0][1].chosen) < 10 for fit in again.fits)
    probability = predict_mean(again, of_values(fewer[0][:40], NAMES))
    assert np.array_equal(probability, p.outside)
    assert not probability[:, 3].any()
    shap = mean_contributions(again, of_values(fewer[0][:40], NAMES))
    assert shap.shape == (40, 10)
    assert not shap[:, 9].any()
    assert np.abs(shap).mean(axis=0).argmax() == 0


def test_what_is_missing_is_named(data, tmp_path):
    with pytest.raises(DataError, match=r"nowhere: expected fits of a model, found nothing"):
        read_fits(tmp_path / "nowhere")
    write_fits(tmp_path, kept(data)[1])
    (tmp_path / "002" / "learner" / "model.txt.gz").unlink()
    with pytest.raises(DataError, match="002/learner: expected a fit, found nothing"):
        read_fits(tmp_path)


def test_files_are_no_pickles(data, tmp_path):
    for name in PARAMS:
        write_fits(tmp_path / name, kept(data, name)[1])
        assert {entry["learner"] for entry in json.loads((tmp_path / name / "fits.json").read_text())["fits"]} == {name}
        assert all(not path.read_bytes().startswith(b"\x80") for path in (tmp_path / name).rglob("*") if path.is_file())


def test_learners_without_shap_values_are_refused(data):
    with pytest.raises(DataError, match="mlp has no SHAP values; name others"):
        mean_contributions(kept(data, "mlp")[1], of_values(data[0][:3], NAMES))
