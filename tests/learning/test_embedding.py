"""Embeddings by a network of the user's: small ONNX networks that the tests build, fed to tabular learners."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from curve_data import objects
from learning_data import PARAMS

from mallorn.errors import ConfigError
from mallorn.learners.networks.views import arrays_of
from mallorn.learning.dataset import Labelled
from mallorn.learning.embeddings import LAYOUTS, open_embedder
from mallorn.learning.model_files import Fits, read_fits, write_fits
from mallorn.learning.pipeline import fit_pipeline

onnx = pytest.importorskip("onnx", reason="embeddings need onnxruntime, and their tests onnx: make install-neural")

DATA = objects(60)
TYPES = {"atcat": {"channel_index": onnx.TensorProto.INT64, "mask": onnx.TensorProto.BOOL}}
LENGTH = {"atat": 65, "atcat": 243, "astromer2": 200}


def network(path, inputs, nodes, outputs, types=()):
    """Write an ONNX file. inputs, outputs: {name: shape}; nodes: (operator, inputs, output, attributes)."""
    types, helper, kind = dict(types), onnx.helper, onnx.TensorProto.FLOAT
    value = helper.make_tensor_value_info
    axes = [helper.make_tensor(f"axis{k}", onnx.TensorProto.INT64, [1], [k]) for k in (1, 2)]
    graph = helper.make_graph(
        [helper.make_node(name, given, [made], **more) for name, given, made, more in nodes],
        "small",
        [value(name, types.get(name, kind), shape) for name, shape in inputs.items()],
        [value(name, kind, shape) for name, shape in outputs.items()],
        axes,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return str(path)


@pytest.fixture(scope="module")
def of_views(tmp_path_factory):
    """A network that takes the mean of each channel of the grid, and passes the scalars on."""
    nodes = [
        ("ReduceMean", ["grid", "axis2"], "mean", {"keepdims": 0}),
        ("Concat", ["mean", "features"], "d", {"axis": 1}),
    ]
    path = tmp_path_factory.mktemp("onnx") / "views.onnx"
    return network(path, {"grid": ["n", 12, 41], "features": ["n", 3]}, nodes, {"d": ["n", 15]})


def spec(weights, learner="logistic", **params):
    embedding = {"weights": weights, "layout": "views", **params}
    return {"learner": learner, "balance": 0.0, "params": PARAMS[learner], "transforms": {"embedding": embedding}}


def labelled(data=DATA):
    dataset, classes = data
    return Labelled.of(dataset, classes, 2, dataset.object_id)


@pytest.mark.parametrize("learner", ["logistic", "lightgbm"])
def test_an_embedding_feeds_any_tabular_learner_and_goes_along_with_the_model(of_views, learner, tmp_path):
    model, (other, classes) = fit_pipeline(spec(of_views, learner), labelled(), 3), objects(40, seed=1)
    p = model.predict(other)
    known = other.grid.status == 0
    assert np.mean(p.argmax(axis=1)[known] == classes[known]) > 0.85
    needs = ("features", "grid", "points")
    write_fits(tmp_path / "model", Fits(DATA[0].features.columns, ("TDE", "other"), needs, (model,)))
    again = read_fits(tmp_path / "model").fits[0]
    assert np.array_equal(again.predict(other), p)
    assert (tmp_path / "model/000/0_embedding/weights.onnx").read_bytes() == Path(of_views).read_bytes()
    np.testing.assert_allclose(model.predict(other.take([5])), p[[5]], atol=1e-6)
    assert model.importance().tolist() == [0.0, 0.0, 0.0]


def test_columns_of_an_embedding_are_those_of_the_network_and_features_may_stand_beside(of_views):
    module, (dataset, _) = importlib.import_module("mallorn.learning.transforms.embedding"), DATA
    state = module.fit(labelled(), {"weights": of_views, "beside": "a__*"}, 3, 1)
    table = module.apply(state, dataset).features
    views = arrays_of(dataset, np.empty(0, dtype=int), ("grid",))
    wanted = np.hstack([views["grid"].mean(axis=2), views["features"]])
    np.testing.assert_allclose(table.values[:, :15], wanted, atol=1e-5)
    assert table.columns == (*(f"embedding__{k}" for k in range(15)), "a__x", "a__y")
    assert np.array_equal(table.values[:, 15:], dataset.features.values[:, :2], equal_nan=True)
    assert module.importance(state, np.arange(17.0)).tolist() == [15.0, 16.0, 0.0]
    assert module.apply(state, dataset.take([])).features.values.shape == (0, 17)


@pytest.mark.parametrize("layout", sorted(LENGTH))
def test_layouts_of_known_models_are_fed_points_in_their_units(layout, tmp_path):
    """The networks sum what they are fed, which a sum of the points in the window gives too."""
    dataset = DATA[0].take(np.flatnonzero(DATA[0].grid.status == 0)[:3])
    length = LENGTH[layout]
    summed = {"keepdims": 0}
    if layout == "astromer2":
        inputs = {name: ["w", length, 1] for name in ("input", "times", "mask_in")}
        nodes, outputs = [("ReduceSum", ["mask_in", "axis1"], "mean", summed)], {"mean": ["w", 1]}
    elif layout == "atat":
        inputs = {name: ["w", length, 6] for name in ("data", "time", "mask")}
        nodes, outputs = [("ReduceSum", ["data", "axis1"], "token", summed)], {"token": ["w", 6]}
    else:
        inputs = {name: ["w", length] for name in ("flux", "flux_err", "time", "channel_index", "mask")}
        nodes, outputs = [("Identity", ["flux"], "last", {})], {"last": ["w", length]}
    path = network(tmp_path / "small.onnx", inputs, nodes, outputs, TYPES.get(layout, {}))
    found = open_embedder(Path(path).read_bytes(), layout).embed(dataset)
    curves = dataset.points.dereddened()
    for k, curve in enumerate(curves):
        phase = (curve.mjd - dataset.grid.peak_mjd[k]) / curve.stretch
        inside = (phase >= -100) & (phase <= 300)
        if layout == "atcat":
            assert found.shape == (3, length)
            np.testing.assert_allclose(found[k, : inside.sum()], curve.flux[inside] * 10**1.44, rtol=1e-4)
        for slot in range(6):
            here = inside & (curves.passbands.slot[curve.band] == slot)
            if layout == "atat":  # FLUXCAL: 1 at 27.5 mag, one microjansky at 23.9
                np.testing.assert_allclose(found[k, slot], curve.flux[here].sum() * 10**1.44, rtol=1e-4)
            elif layout == "astromer2":
                seen = here & (curve.flux > curve.flux_err)
                assert found[k, slot] == seen.sum() if seen.any() else np.isnan(found[k, slot])


def test_what_cannot_be_used_is_told(of_views, tmp_path, monkeypatch):
    weights = Path(of_views).read_bytes()
    with pytest.raises(ConfigError, match=r"embedding.layout: expected one of astromer1, .*, found 'astromer'"):
        open_embedder(weights, "astromer")
    with pytest.raises(ConfigError, match="expected an ONNX network with its weights"):
        open_embedder(b"of another kind", "views")
    with pytest.raises(ConfigError, match="expected the output 'token', found d"):
        open_embedder(weights, "atat", "token")
    with pytest.raises(ConfigError, match="layout atat: expected a network that takes this layout"):
        open_embedder(weights, "atat").embed(DATA[0])
    with pytest.raises(ConfigError, match="weights: .*no.onnx: expected an ONNX file, found nothing"):
        fit_pipeline(spec(str(tmp_path / "no.onnx")), labelled(), 3)
    with pytest.raises(ConfigError, match=r"embedding.beside: no feature matches 'c__\*'"):
        fit_pipeline(spec(of_views, beside="c__*"), labelled(), 3)
    other = network(tmp_path / "o.onnx", {"x": ["n", 2]}, [("Identity", ["x"], "y", {})], {"y": ["n", 2]})
    with pytest.raises(ConfigError, match="expected inputs among features, grid, tokens, slot, seen, found x"):
        fit_pipeline(spec(other), labelled(), 3)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="embedding needs onnxruntime, which is not installed"):
        open_embedder(weights, "views")


def test_layouts_are_of_classes_that_there_are():
    embed = importlib.import_module("light_curve.embed")
    assert {name for name, _ in LAYOUTS.values() if name} <= set(embed.__all__)
