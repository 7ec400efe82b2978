"""What was said of an object over time: as its page has it."""

import numpy as np
from matplotlib.collections import PolyCollection

from mallorn.io.tables import write_table
from mallorn.plots.over_time import plot_over_time
from mallorn.report.over_time import read_over_time, several, told_over_time

TABLE = {
    "object_id": np.array(["b", "a", "b"], dtype=object),
    "mjd": np.array([10.0, 5.0, 30.0]),
    "age": np.array([0.0, 3.0, 20.0]),
    "probability": np.array([0.1, 0.9, 0.6]),
    "probability_low": np.array([0.05, 0.8, 0.5]),
    "probability_high": np.array([0.2, 0.95, 0.7]),
    "threshold": np.array([0.3, 0.3, 0.4]),
    "scored_as": np.array(["early", "final", "early 50%, final 50%"], dtype=object),
    "probability__TDE": np.array([0.1, 0.9, 0.6]),
    "probability__AGN": np.array([0.9, 0.1, 0.4]),
}


def test_the_table_is_read_by_object(tmp_path):
    write_table(tmp_path / "over_time.parquet", TABLE)
    found = read_over_time(tmp_path / "over_time.parquet")
    assert sorted(found) == ["a", "b"]
    assert found["b"]["mjd"] == [10.0, 30.0]
    assert several(found["b"]) is found["b"]
    assert several(found["a"]) is several(None) is None  # one time makes no history
    assert read_over_time(None) == {}


def test_it_is_told_when_and_by_which_models_the_threshold_was_reached():
    said = {name: values[[0, 2]].tolist() for name, values in TABLE.items()}
    assert (
        told_over_time(said, "TDE") == "P(TDE) reached the threshold 20 days after the trigger (early 50%, final 50%)."
    )
    assert told_over_time({**said, "threshold": [0.7, 0.7]}, "TDE") == "P(TDE) never reached the threshold."


def test_the_figure_has_all_classes_the_threshold_and_the_band_of_the_class_sought():
    said = {name: values[[0, 2]].tolist() for name, values in TABLE.items()}
    (axes,) = plot_over_time(said, "TDE").axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert drawn == {"TDE": [0.1, 0.6], "AGN": [0.9, 0.4], "threshold": [0.3, 0.4]}
    (band,) = (one for one in axes.collections if isinstance(one, PolyCollection))
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.05, 0.7)
