"""Networks that first learn to fill in hidden parts of light curves; without torch these tests are skipped."""

import numpy as np
import pytest
from curve_data import objects

from mallorn.errors import ConfigError
from mallorn.learners.learner import LEARNERS, learner
from mallorn.learners.networks.views import arrays_of
from mallorn.runs.fingerprints import constant

torch = pytest.importorskip("torch", reason="networks need torch: make install-neural")

from mallorn.learners.networks import checkpoints, filling, frame, training  # noqa: E402  (they need torch)

NETWORKS = [name for name in LEARNERS if constant(f"mallorn.learners.{name}", "NEEDS") != ("features",)]
DATA = objects()
NONE = np.empty(0, dtype=int)
QUICK = {"batch_size": 32, "learning_rate": 0.01, "average": 0.8, "dropout": 0.0, "hidden": 16}
SMALL = {"tcn": {"width": 8, "depth": 3}, "swin": {"width": 8, "heads": 2}, "atat": {"width": 8, "layers": 1}}
SMALL |= {"cnn": {"width": 8, "layers": 2}, "rnn": {"width": 8, "layers": 1}, "transformer": {"layers": 2}}


def fit(name, seed=3, data=DATA, checkpoint=None, start=None, **params):
    """Return the `Fitted` network, small, which learns nothing of classes unless `epochs` says so."""
    dataset, classes = data
    given = {"width": 16, "epochs": 0, **QUICK, **SMALL.get(name, {}), **params}
    return learner(name).fit(dataset, classes, np.ones(len(classes)), 2, given, seed, 1, checkpoint, start=start)


def encoder_of(fitted):
    return {name: values.numpy() for name, values in fitted.network.encoder.state_dict().items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_each_encoder_learns_what_is_hidden(name):
    history = fit(name, masked_epochs=20).about["masked_history"]
    assert len(history) == 20
    assert np.mean(history[-3:]) < 0.7 * history[0]
    with pytest.raises(ConfigError, match="masked_share: expected above 0 and below 1, found 1"):
        fit(name, masked_epochs=1, masked_share=1)


@pytest.mark.parametrize("name", ["tcn", "transformer"])
def test_only_hidden_values_count_and_none_of_them_is_seen(name):
    reads = learner(name).READS
    batch = {key: torch.as_tensor(values) for key, values in arrays_of(DATA[0], NONE, reads).items()}
    values = filling.values_of(batch)
    shown, hidden = filling.hide(batch, values, 0.3, torch.Generator().manual_seed(1))
    assert 0.2 < hidden.sum() / values.there.sum() < 0.8
    assert not (hidden & ~values.there).any()
    # other hidden fluxes: what is shown is the same, and the encoder says the same
    other = {key: one.clone() for key, one in batch.items()}
    if "grid" in batch:
        whole = torch.cat([hidden.view(len(hidden), 6, -1)] * 2, dim=1)
        other["grid"][whole] += 5.0
    else:
        other["tokens"][..., 2:][hidden] += 5.0
    again, same = filling.hide(other, filling.values_of(other), 0.3, torch.Generator().manual_seed(1))
    assert torch.equal(same, hidden)
    encoder = fit(name).network.encoder
    with torch.inference_mode():
        assert torch.equal(encoder(again), encoder(shown))
        assert not torch.equal(encoder(other), encoder(shown))
    # the loss looks at what is hidden alone
    found = torch.zeros_like(values.flux, requires_grad=True)
    loss = filling.hidden_loss(found, values, hidden)
    loss.backward()
    assert (found.grad[~hidden] == 0).all()
    assert (found.grad[hidden & (values.flux != 0)] != 0).all()
    # a larger error counts less
    wrong = torch.where(torch.arange(found.shape[1]) == hidden[5].int().argmax(), values.flux + 1.0, values.flux)
    vague = values._replace(error=torch.where(wrong == values.flux, values.error, values.error + 9.0))
    assert 0 < filling.hidden_loss(wrong, vague, hidden) < 0.1 * filling.hidden_loss(wrong, values, hidden)


def test_classes_play_no_part_and_the_seed_does():
    dataset, classes = DATA
    one = encoder_of(fit("tcn", masked_epochs=2))
    other = encoder_of(fit("tcn", data=(dataset, 1 - classes), masked_epochs=2))
    assert all(np.array_equal(values, other[name]) for name, values in one.items())
    assert not np.array_equal(one["first.weight"], encoder_of(fit("tcn", seed=4, masked_epochs=2))["first.weight"])


def test_classes_are_learned_from_the_encoder_that_filled_in(tmp_path, monkeypatch):
    """So are they by a network that begins from one that filled in other objects."""
    filled, seen = fit("tcn", masked_epochs=3), []

    def trained(network, arrays, classes, weight, plan, *rest):
        seen.append((plan, {name: values.clone() for name, values in network.encoder.state_dict().items()}))
        return train(network, arrays, classes, weight, plan, *rest)

    train = frame.train
    monkeypatch.setattr(frame, "train", trained)
    whole = fit("tcn", masked_epochs=3, epochs=2)
    learner("tcn").save(filled, tmp_path)
    begun = fit("tcn", data=objects(40, seed=2), start=tmp_path, epochs=1)
    for _, begin in seen:
        for name, values in encoder_of(filled).items():
            assert np.array_equal(begin[name].numpy(), values), name
    assert [plan.learning_rate for plan, _ in seen] == [0.01, 0.0025]
    assert (len(whole.about["history"]), len(whole.about["masked_history"])) == (2, 3)
    assert "masked_history" not in begun.about


@pytest.mark.parametrize(("found", "names"), [("neither", ["features"]), ("both", ["features", "tokens", "grid"])])
def test_a_network_that_does_not_read_one_light_curve_is_refused(found, names):
    arrays = {name: np.zeros((4, 3)) for name in names}
    with pytest.raises(ConfigError, match=f"expected a network of points or of the grid, found {found}"):
        filling.fill(fit("tcn").network, arrays, {"masked_share": 0.3}, training.Plan(), 1, "cpu", None)


@pytest.mark.parametrize("stop", [1, 4])
def test_a_killed_training_goes_on_where_it_was_in_either_part(tmp_path, monkeypatch, stop):
    begin, epoch, done = checkpoints.Checkpoint.__init__, training._Fit.epoch, []

    def killed(self, number):
        if len(done) == stop:
            done.append("killed")
            raise KeyboardInterrupt
        done.append(number)
        return epoch(self, number)

    monkeypatch.setattr(checkpoints.Checkpoint, "__init__", lambda *given, **more: begin(*given, every=0.0, **more))
    params = {"masked_epochs": 2, "epochs": 3, "dropout": 0.2}
    whole = fit("tcn", **params)
    monkeypatch.setattr(training._Fit, "epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        fit("tcn", checkpoint=tmp_path / "state", **params)
    resumed = fit("tcn", checkpoint=tmp_path / "state", **params)
    assert [one for one in done if one != "killed"] == [0, 1, 0, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state.masked"]
    assert resumed.about == whole.about
    for name, values in whole.network.state_dict().items():
        assert torch.equal(values, resumed.network.state_dict()[name]), name
