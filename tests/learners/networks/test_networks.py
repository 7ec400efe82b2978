"""What every network must do, one test over all of them; without torch they are skipped, and say so."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from curve_data import PHASES, objects

from mallorn.errors import ConfigError, DataError
from mallorn.learners.learner import LEARNERS
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import Dataset, Features, Grid, Labelled
from mallorn.learning.pipeline import fit_pipeline
from mallorn.runs.fingerprints import constant
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

torch = pytest.importorskip("torch", reason="networks need torch: make install-neural")

NETWORKS = [name for name in LEARNERS if constant(f"mallorn.learners.{name}", "NEEDS") != ("features",)]

SMALL = {
    "atat": {"width": 8, "layers": 1, "heads": 2, "harmonics": 4},
    "cnn": {"width": 6, "layers": 2, "kernel": 3, "longest": 8},
    "rnn": {"width": 12, "layers": 1},
    "swin": {"width": 8, "heads": 2, "epochs": 12},
    "tcn": {"width": 8, "depth": 3, "epochs": 12},
    "transformer": {"width": 16, "layers": 2, "heads": 2},
}
QUICK = {"epochs": 36, "batch_size": 32, "learning_rate": 0.01, "average": 0.8, "dropout": 0.0, "hidden": 16}

DATA = objects()


def fit(name, data=DATA, seed=3, **params):
    """Return the `Pipeline` with a small network."""
    dataset, classes = data
    part = Labelled.of(dataset, classes, 2, dataset.object_id)
    spec = {"learner": name, "balance": 0.0, "params": {**QUICK, **SMALL[name], "beside": "a__*", **params}}
    return fit_pipeline(spec, part, seed)


def test_all_networks_are_tested():
    assert set(SMALL) == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_from_the_light_curve_and_is_saved_as_numbers(name, tmp_path):
    model, (other, classes) = fit(name), objects(60, seed=1)
    p = model.predict(other)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-9)
    known = other.grid.status == 0
    assert np.mean(p.argmax(axis=1)[known] == classes[known]) > 0.85
    module = __import__(f"mallorn.learners.{name}", fromlist=["load"])
    module.save(model.model, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", "weights.safetensors"]
    again = model._replace(model=module.load(tmp_path))
    assert np.array_equal(again.predict(other), p)
    history = json.loads((tmp_path / "network.json").read_text())["history"]
    assert len(history) == SMALL[name].get("epochs", QUICK["epochs"])
    assert history[-1] < 0.7 * history[0]
    # an object alone has the probability that it has among others
    np.testing.assert_allclose(model.predict(other.take([5])), p[[5]], atol=1e-5)
    (tmp_path / "weights.safetensors").write_bytes(b"of another kind")
    with pytest.raises(DataError, match="expected weights of a network"):
        module.load(tmp_path)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_object_without_points_or_a_fit_has_a_probability(name):
    dataset, _ = DATA
    points = dataset.points.take(np.arange(2))
    none = LightCurves(
        *(points.object_id, points.redshift, points.redshift_err, points.ebv, points.luminosity_distance),
        start=np.zeros(3, dtype=np.int64),
        mjd=np.empty(0),
        band=np.empty(0, np.int8),
        flux=np.empty(0),
        flux_err=np.empty(0),
        passbands=LSST,
    ).without_redshift()
    grid = Grid(np.ones(2, np.int8), np.full(2, np.nan), *(np.full((2, 6, len(PHASES)), np.nan, np.float32),) * 2)
    features = Features(points.object_id, dataset.features.columns, np.full((2, 3), np.nan, np.float32))
    p = fit(name, epochs=1).predict(Dataset(points.object_id, features=features, grid=grid, points=none))
    assert np.isfinite(p).all()


def test_features_with_a_perceptron_of_their_own_and_the_light_curve_share_the_prediction(tmp_path):
    from mallorn.learners import tcn

    (other, _), arrays, model = objects(60, seed=1), {}, fit("tcn", curve=0.3)
    network = model.model.network

    def seen(module, given, found):
        arrays["mixed"], arrays["curve"], arrays["table"] = found[0], found[1], found[-1]

    network.register_forward_hook(seen)
    p = model.predict(other)
    curve, table = (torch.log_softmax(arrays[name], dim=1) for name in ("curve", "table"))
    mixed = torch.log_softmax(arrays["mixed"], dim=1)
    torch.testing.assert_close(mixed, torch.log_softmax(0.7 * table + 0.3 * curve, dim=1))
    # each part learns by itself: the features say the same whatever weight the light curve has
    alone = arrays["table"]
    again = fit("tcn", curve=0.6)
    again.model.network.register_forward_hook(seen)
    again.predict(other)
    torch.testing.assert_close(arrays["table"], alone)
    tcn.save(model.model, tmp_path)
    assert np.array_equal(model._replace(model=tcn.load(tmp_path)).predict(other), p)
    # a stronger penalty makes smaller weights
    strong = fit("tcn", curve=0.3, penalty=3.0).model.network
    with torch.no_grad():
        assert strong.penalized() < 0.5 * network.penalized()
    with pytest.raises(ConfigError, match=r"curve: expected 0 to 1, found 1.5"):
        fit("tcn", curve=1.5)


def test_the_bytes_do_not_depend_on_the_threads_and_do_on_the_seed():
    """Other threads of the process, and of torch, change nothing: what is drawn is drawn by the fit's own generator."""
    from concurrent.futures import ThreadPoolExecutor

    settings = {"epochs": 2, "dropout": 0.3, "drop": 0.3, "noise": 1.0, "shift": 4.0, "bands": 0.2, "truncate": 0.5}

    def weights(seed=3, name="tcn"):
        state = fit(name, seed=seed, **settings).model.network.state_dict()
        return b"".join(values.numpy().tobytes() for values in state.values())

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    first = weights()
    torch.manual_seed(99)
    with ThreadPoolExecutor(2) as pool:
        beside = list(pool.map(weights, [3, 4, 3]))
    torch.set_num_threads(before)
    assert beside[0] == beside[2] == first
    assert beside[1] != first
    assert weights(name="cnn") == weights(name="cnn")


def test_a_killed_training_goes_on_where_it_was(tmp_path, monkeypatch):
    from mallorn.learners import tcn
    from mallorn.learners.networks import checkpoints, training

    monkeypatch.setattr(checkpoints.Checkpoint, "__init__", _always(checkpoints.Checkpoint.__init__))
    params = {**QUICK, **SMALL["tcn"], "epochs": 4, "dropout": 0.2, "noise": 1.0}
    dataset, classes = DATA
    given = (dataset, classes, np.ones(len(classes)), 2, params, 3, 1)
    whole = tcn.fit(*given)
    path, epoch, done = tmp_path / "kept" / "state", training._Fit.epoch, []

    def killed(self, number):
        if number == 2 and done == [0, 1]:
            raise KeyboardInterrupt
        done.append(number)
        return epoch(self, number)

    monkeypatch.setattr(training._Fit, "epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        tcn.fit(*given, checkpoint=path)
    assert path.is_file()
    assert done == [0, 1]
    done.append("killed")
    resumed = tcn.fit(*given, checkpoint=path)
    assert done == [0, 1, "killed", 2, 3]
    assert tcn.fit(*given, checkpoint=path).about == whole.about
    assert done == [0, 1, "killed", 2, 3]  # one that is done is not done again
    assert resumed.about == whole.about
    for name, values in whole.network.state_dict().items():
        assert torch.equal(values, resumed.network.state_dict()[name]), name
    # the state of another fit is of no use, whether that was done or killed
    tcn.fit(*given[:5], 4, 1, checkpoint=path)
    assert done == [0, 1, "killed", 2, 3, 0, 1, 2, 3]
    path.unlink()
    done.clear()
    with pytest.raises(KeyboardInterrupt):
        tcn.fit(*given, checkpoint=path)
    done.append("killed")
    tcn.fit(*given[:5], 4, 1, checkpoint=path)
    assert done == [0, 1, "killed", 0, 1, 2, 3]


def test_folds_that_were_done_before_a_kill_are_not_done_again(tmp_path, monkeypatch):
    from mallorn.learners.networks import training

    dataset, classes = DATA
    part = Labelled.of(dataset, classes, 2, dataset.object_id)
    spec = {"learner": "tcn", "balance": 0.0, "seeds": 1, "params": {**QUICK, **SMALL["tcn"], "epochs": 3}}
    given = (part, np.arange(len(classes)) % 3, spec, 3, 1)
    whole, done, epoch = cross_validate(*given), [], training._Fit.epoch

    def killed(self, number):
        if len(done) == 4:
            done.append("killed")
            raise KeyboardInterrupt
        done.append(number)
        return epoch(self, number)

    monkeypatch.setattr(training._Fit, "epoch", killed)
    kept = Options(checkpoints=str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        cross_validate(*given, kept)
    assert len(list(tmp_path.iterdir())) == 2  # of the first and the last fold, since the pool ends what waits in it
    resumed = cross_validate(*given, kept)
    assert done == [0, 1, 2, 0, "killed", 0, 1, 2, 0, 1, 2]
    assert np.array_equal(resumed.inside, whole.inside)
    assert not list(tmp_path.iterdir())


def _always(begin):
    """Return the initialiser of checkpoints that are written at each epoch."""
    return lambda self, path, digest, **given: begin(self, path, digest, every=0.0, **given)


def test_a_misspelt_loss_and_features_that_there_are_not_are_told():
    with pytest.raises(ConfigError, match=r"loss: expected one of cross_entropy, focal, hierarchical, found 'hinge'"):
        fit("tcn", loss="hinge")
    with pytest.raises(ConfigError, match=r"beside: no feature matches 'c__\*'"):
        fit("tcn", beside="c__*")


def test_torch_is_imported_only_where_a_network_is_used():
    """Neither the names of the learners, nor a configuration that has one, nor the files of a model need it."""
    code = (
        "import sys, mallorn.learning.model_files, mallorn.settings.resolve as settings;"
        "from mallorn.learners.learner import LEARNERS; settings.resolve({'models': {'t': {'learner': 'tcn'}}});"
        "assert 'tcn' in LEARNERS; print('torch' in sys.modules)"
    )
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source, "PATH": ""}, check=True
    )
    assert done.stdout.split()[-1] == "False"
