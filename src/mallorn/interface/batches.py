"""Light curves from any number of files, a few hundred objects at a time: memory does not grow with them."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.ingest.positions import is_further, redshift_kind
from mallorn.ingest.unusable import refuse_unusable
from mallorn.interface.reading import is_artifact, objects_beside, open_path
from mallorn.io.tables import number_of_groups
from mallorn.survey.lightcurves import lightcurve_writer, read_lightcurves

__all__ = ["OBJECTS_PER_BATCH", "Batch", "Read", "batches"]

OBJECTS_PER_BATCH = 500
"""Number of objects that are read and scored together. It is fixed, since fits share the rounding of their sums."""


class Batch(NamedTuple):
    """Some objects of an input: one group in the two files that `write_lightcurves` made.

    known: {column: (n,)} from the input: redshift_kind and, if it has them, ra, dec, label and host_... path: the
    input. size: number of objects. last: whether this is the last batch in these files. survey: whose passbands the
    points have, "" if several surveys', or unknown.
    """

    points: Path
    objects: Path
    group: int
    known: dict
    path: str
    size: int
    last: bool
    survey: str = ""

    def lightcurves(self):
        """Return the `LightCurves`."""
        return read_lightcurves(self.points, self.objects, group=self.group)


class Read(NamedTuple):
    """The account of the rows of files: `rows` read, and `aside`, {reason: rows} that are not among the points."""

    rows: int
    aside: Counter


def batches(path, folder, source=None, survey=None, settings=None):
    """Yield ([`Batch`], `Read`) of each split of a file or folder; its light curves are kept in `folder` meanwhile.

    The other arguments, and errors, are those of `mallorn.read`. Of a survey with a training set only the test set is
    read, as in the workflow's `classify`.
    """
    if source is None and is_artifact(path):
        yield _of_artifact(Path(path)), Read(0, Counter())
        return
    opened = open_path(path, source, survey, settings, sets=("test",))
    metadata, unusable = opened.metadata(), []
    for split in opened.splits:
        files = Path(folder, f"{split}.points.parquet"), Path(folder, f"{split}.objects.parquet")
        ids = []
        with lightcurve_writer(*files, opened.passbands) as write:

            def keep(curves, write=write, ids=ids):
                for begin in range(0, max(len(curves), 1), OBJECTS_PER_BATCH):
                    part = curves.take(np.arange(begin, min(begin + OBJECTS_PER_BATCH, len(curves))))
                    write(part)
                    ids.append(part.object_id)

            aside, known = opened.read_split(split, keep)
        counts = Counter()
        for _, reason, _, n, _ in aside.rows:
            counts[reason] += n
        told = _rows_of(metadata if known is None else known)
        survey = opened.surveys[0] if len(opened.surveys) == 1 else ""
        made = [
            Batch(*files, k, told(part), str(path), len(part), k == len(ids) - 1, survey) for k, part in enumerate(ids)
        ]
        if aside.rows_read > counts.total():
            unusable = None
        elif unusable is not None:
            unusable.append(aside)
        yield made, Read(aside.rows_read, counts)
    refuse_unusable(unusable or [])


def _of_artifact(points):
    objects = objects_beside(points)
    found = []
    n = number_of_groups(objects)
    for group in range(n):
        size = len(read_lightcurves(None, objects, group=group))
        found.append(Batch(points, objects, group, {}, str(points), size, group == n - 1))
    return found


def _rows_of(table):
    """Return a function of object ids that returns their rows in a table of objects."""
    further = {name: values for name, values in table.items() if is_further(name)}
    if "Z" in table or "redshift_kind" in table:
        further["redshift_kind"] = redshift_kind(table)
    place = {str(name): k for k, name in enumerate(table["object_id"])}

    def rows(object_id):
        chosen = np.array([place[str(name)] for name in object_id], dtype=int)
        return {name: values[chosen] for name, values in further.items()}

    return rows
