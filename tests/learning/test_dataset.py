import numpy as np
import pytest

from mallorn.errors import DataError
from mallorn.io.tables import write_table
from mallorn.learning.dataset import Dataset, Features, Grid, Labelled, concatenate, of_values
from mallorn.learning.tables import DatasetFiles, dataset_groups, read_dataset
from mallorn.survey.lightcurves import LightCurves, write_lightcurves
from mallorn.survey.passbands import LSST

TRAINING = {"log_columns": [], "exclude": []}


def curves(ids, points=3):
    """Return light curves whose flux is the place of the object in `ids`."""
    n = len(ids)
    return LightCurves(
        *(np.array(ids, dtype=object), *np.full((4, n), 0.1)),
        start=points * np.arange(n + 1),
        mjd=np.tile(np.arange(points, dtype=float), n),
        band=np.zeros(points * n, dtype=np.int8),
        flux=np.repeat(np.arange(n, dtype=float), points),
        flux_err=np.ones(points * n),
        passbands=LSST,
    )


def grid(n):
    place = np.arange(n, dtype=np.float32)
    mean = np.broadcast_to(place[:, None, None], (n, 2, 4))
    return Grid(np.zeros(n, dtype=np.int8), place.astype(float), mean, mean + 1)


def dataset(ids):
    values = np.arange(len(ids), dtype=np.float32)[:, None]
    features = Features(np.array(ids, dtype=object), ("x",), values)
    return Dataset(ids, features=features, grid=grid(len(ids)), points=curves(ids))


def places(made):
    """Return what each view says of the place of the objects."""
    return (
        made.features.values[:, 0].tolist(),
        made.grid.mean[:, 1, 2].tolist(),
        made.points.flux[made.points.start[:-1]].tolist(),
        made.points.object_id.tolist(),
    )


def test_objects_are_taken_and_joined_in_order_in_every_view():
    taken = dataset(list("abcd")).take([2, 0, 2])
    assert taken.object_id.tolist() == ["c", "a", "c"]
    assert places(taken) == ([2, 0, 2], [2, 0, 2], [2, 0, 2], ["c", "a", "c"])
    both = concatenate([taken, dataset(list("zy"))])
    assert both.object_id.tolist() == ["c", "a", "c", "z", "y"]
    assert places(both) == ([2, 0, 2, 0, 1], [2, 0, 2, 0, 1], [2, 0, 2, 0, 1], ["c", "a", "c", "z", "y"])
    assert len(both) == 5


def test_margins_and_features_are_replaced_and_the_other_views_stay():
    made = dataset(list("abc")).with_margin(np.array([1.0, 2.0, 3.0])).with_features(["y"], np.ones((3, 1), np.float32))
    assert made.features.columns == ("y",)
    assert made.take([2]).margin.tolist() == [3.0]
    assert made.grid.mean[2, 0, 0] == 2


def test_a_view_is_read_when_it_is_asked_for_once_and_only_then():
    calls = []

    def load():
        calls.append("features")
        return Features(np.array(["a", "b"], dtype=object), ("x",), np.array([[1.0], [2.0]], np.float32))

    def fail():
        raise AssertionError("nobody needs the points")

    lazy = Dataset(["a", "b"], features=load, points=fail)
    part = concatenate([lazy.take([1]), lazy.take([0])])
    assert calls == []
    assert part.features.values[:, 0].tolist() == [2, 1]
    assert lazy.features.values[:, 0].tolist() == [1, 2]
    assert calls == ["features"]
    with pytest.raises(AssertionError, match="nobody needs"):
        part.view("points")
    with pytest.raises(KeyError, match="no view 'grid'; it has features, points"):
        lazy.view("grid")


def test_labels_go_with_their_objects():
    objects = Labelled.of(of_values(np.eye(3, dtype=np.float32)), [0, 1, 1], 2, list("xyz"), weight=[1, 2, 3])
    both = objects.take([2, 0]).and_also(objects.take([1]))
    assert both.classes.tolist() == both.kinds.tolist() == [1, 0, 1]
    assert both.event.tolist() == ["z", "x", "y"]
    assert both.weight.tolist() == [3, 1, 2]
    assert both.dataset.features.values.argmax(axis=1).tolist() == [2, 0, 1]


@pytest.fixture
def files(tmp_path):
    """A feature table of "b", "d", "a" in two groups of rows, and two splits with these and other objects."""
    paths = {name: [] for name in ("lightcurves", "objects", "posterior")}
    for split, ids in (("one", list("ab")), ("two", list("cde"))):
        for name, found in paths.items():
            found.append(tmp_path / name / f"{split}.parquet")
        write_lightcurves(curves(ids), paths["lightcurves"][-1], paths["objects"][-1])
        made = grid(len(ids))
        table = {"object_id": np.array(ids, dtype=object), "band_peak_mjd": np.zeros((len(ids), 2)), **made._asdict()}
        write_table(paths["posterior"][-1], table)
    ids = np.array(list("bda"), dtype=object)
    write_table(tmp_path / "train.parquet", {"object_id": ids, "x": np.array([1.0, 1.0, 0.0])})
    return DatasetFiles(tmp_path / "train.parquet", *paths.values())


def test_views_are_read_in_the_order_of_the_feature_table(files):
    made = read_dataset(files, TRAINING, ("features", "grid", "points"))
    expected = ([1, 1, 0], [1, 1, 0], [1, 1, 0], ["b", "d", "a"])
    assert places(made) == expected
    assert made.grid.sd.shape == (3, 2, 4)
    (group,) = dataset_groups(files, ("x",), ("features", "grid", "points"))
    assert places(group) == expected


def test_only_the_views_needed_are_there_and_no_other_file_is_looked_at(files, tmp_path):
    made = read_dataset(files._replace(posteriors=[tmp_path / "none.parquet"]), TRAINING, ("points",))
    assert made.views == ("points",)
    assert made.points.object_id.tolist() == ["b", "d", "a"]


def test_an_object_without_points_or_posterior_is_named(files):
    for name, told in (("points", "light curve"), ("grid", "posterior")):
        half = files._replace(**{key: getattr(files, key)[:1] for key in ("lightcurves", "objects", "posteriors")})
        with pytest.raises(DataError, match=f"1 objects of the feature table have no {told}: the first is 'd'"):
            read_dataset(half, TRAINING, (name,)).view(name)
