"""Scores of a nested frame, such as a partition of a HATS catalogue: see `docs/howto/cluster.md`."""

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.errors import DataError
from mallorn.interface.batches import OBJECTS_PER_BATCH
from mallorn.interface.configuration import configuration
from mallorn.interface.files import reading_for
from mallorn.interface.model import Model
from mallorn.interface.scoring import model_of_process, score_read
from mallorn.sources.hats import batches_of_table
from mallorn.survey.passbands import passbands_of_run, surveys_of_run

__all__ = ["predict_frame"]

_SOURCE = "hats"
_TEXTS = ("object_id", "redshift_kind", "domain", "domain_reason", "scored_as", "passbands", "kind", "flags", "reasons")
_WHOLE = ("n_points", "n_detections")


def predict_frame(frame, model=None, survey=None, settings=None, reasons=0):
    """Return the frame with the columns of `mallorn score` in place of its nested columns.

    frame: `pandas.DataFrame` or `nested_pandas.NestedFrame` with an object in each row and its light curve in a nested
    column, read as the files of the format "hats" (see `mallorn.sources.hats` for names, units and settings). Rows and
    index stay as they are, and `lsdb` can run it over a catalogue:
    `catalog.map_partitions(mallorn.predict_frame, "results/model")`. Columns are those of `mallorn score`
    (docs/howto/scoring.md) without `host_...` and label. A column that the frame already has stays as it is.

    model: a `Model`, or the folder of one, which each process reads once; by default the released one. survey: a
    survey, or several, whose passbands the points may have; LSST and ZTF by default. settings: as for `mallorn.read`:
    `readers.hats`, `surveys`, `ingest`. reasons: number of features to name. It needs memory for the frame and a few
    hundred objects.

    Raises DataError for a frame without nested light curves, or with an object twice.
    """
    import pandas
    import pyarrow as pa

    loaded = model if isinstance(model, Model) else model_of_process(None if model is None else str(model))
    nested = [name for name in frame.columns if _is_nested(frame[name].dtype)]
    table = pandas.DataFrame(frame).drop(columns=nested)
    parts = []
    if len(frame):
        given = {**reading_for(loaded, settings), "source": _SOURCE, "survey": survey or ["lsst", "ztf"]}
        reading = _Reading(configuration(given))
        for begin in range(0, len(frame), OBJECTS_PER_BATCH):
            part = frame.iloc[begin : begin + OBJECTS_PER_BATCH]
            arrow = pa.Table.from_pandas(pandas.DataFrame(part), preserve_index=False)
            parts.append(reading.scored(arrow, loaded, reasons))
    found = pandas.concat(parts) if parts else _nothing(loaded)
    if len(found) and found["object_id"].duplicated().any():
        twice = found["object_id"][found["object_id"].duplicated()].iloc[0]
        raise DataError.at("frame", expected="each object once", found=f"{twice!r} twice", fix="keep one row of each")
    found.index = table.index
    new = [name for name in _nothing(loaded).columns if name not in table.columns]
    return pandas.concat([table, found[new]], axis=1)


class _Reading:
    """The way to read light curves by a configuration."""

    def __init__(self, config):
        self._ingest, self._settings = config["ingest"], dict(config["readers"].get(_SOURCE, {}))
        self._passbands, surveys = passbands_of_run(config)[0], surveys_of_run(config)[0]
        self._places = self._passbands.places(surveys)
        if len(surveys) == 1:
            self._settings.setdefault("survey", surveys[0])

    def scored(self, table, model, reasons):
        """Return the scores of the objects of an Arrow table, in their order."""
        found = list(batches_of_table(table.combine_chunks(), self._settings))
        order = [str(name) for batch in found for name in batch.objects["object_id"]]
        pairs = (("frame", batch) for batch in found)
        frame = score_read(model, pairs, self._ingest, (self._passbands, self._places), reasons)
        frame = frame.set_index(frame["object_id"].astype(str)).loc[order]
        return frame.astype({name: kind for name, kind in _kinds(model).items() if name in frame})


def _kinds(model):
    """Return {column: type} of the scores, the same for each part of a catalogue."""
    probabilities = ("probability", "probability_low", "probability_high")
    classes = (f"{CLASS_PREFIX}{name}" for name in model.classes)
    first = ("object_id", "ra", "dec", "redshift", "redshift_err", "redshift_kind")
    seen = ("domain", "domain_reason", "scored_as", "n_points", "n_detections", "passbands", "span", "detected", "snr")
    fitted = ("peak_mjd", "peak_magnitude", "absolute_magnitude", "temperature", "radius", "rise", "fade", "kind")
    names = (*first, *probabilities, *classes, "decision", "threshold", *seen, *fitted, "evidence", "flags", "reasons")
    kinds = dict.fromkeys(names, "float64") | dict.fromkeys(_TEXTS, "object") | dict.fromkeys(_WHOLE, "int64")
    return kinds | {"decision": "Int8"}


def _nothing(model):
    import pandas

    return pandas.DataFrame({name: pandas.Series([], dtype=kind) for name, kind in _kinds(model).items()})


def _is_nested(kind):
    import pyarrow as pa

    arrow = getattr(kind, "pyarrow_dtype", None)
    return hasattr(kind, "field_dtypes") or type(kind).__name__ == "NestedDtype" or (
        arrow is not None and pa.types.is_nested(arrow)
    )  # fmt: skip
