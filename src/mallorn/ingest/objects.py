"""Check what the logs say about every object: id, set and split, redshift and reddening, position and host."""

import numpy as np

from mallorn.errors import DataError
from mallorn.ingest.csv_file import MISSING, NUMBER, CsvFile
from mallorn.ingest.positions import columns_of_header, is_further, positions_and_hosts
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.dust_map import fill_reddening

__all__ = ["NO_REDSHIFT", "Logs", "read_objects", "unnamed_split"]

NO_REDSHIFT = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0)
"""Numbers that mean, in catalogues, that there is no redshift or no error."""

_COLUMNS = ("object_id", "Z", "Z_err", "EBV", "split")


class Logs:
    """The logs of a survey: `train` and `test` are `CsvFile`s, `ids` the list of their objects' ids, (n,) str each.

    train_log, test_log: CSV files with the columns object_id, Z, Z_err, EBV and split; `labels` names further columns
        that the training log must have. ra, dec and host_... may be there (see `mallorn.ingest.positions`); other
        columns are ignored. If the training log is None, there is no `train`. split: the split to read; other rows of
        the logs are neither checked nor counted. None for all splits.
    config: the block `ingest` of the configuration.

    Raises DataError, with file and line, for any fault: see `CsvFile`; an empty log; an object that occurs twice; an id
    that is empty or not printable.
    """

    def __init__(self, train_log, test_log, config, labels=(), split=None):
        self.train = None if train_log is None else CsvFile(train_log, (*_COLUMNS, *labels), columns_of_header)
        self.test = CsvFile(test_log, _COLUMNS, columns_of_header)
        self.config = config
        for log in self:
            if not len(log):
                raise DataError.at(log.path, expected="rows", found="only a header", fix="get the file again")
        if split is not None:
            self.train = None if self.train is None else self.train.only("split", split)
            self.test = self.test.only("split", split)
        self.ids = [_object_ids(log) for log in self]
        _check_unique(self, self.ids)

    def __iter__(self):
        return iter(log for log in (self.train, self.test) if log is not None)

    def objects(self):
        """Return {column: array (n,)}, a row for each object: the training log first, then the test log, in log order.

        str: object_id, set ("train" or "test"), split. float64: Z, NaN if not given (empty, or one of `NO_REDSHIFT`);
        Z_err, NaN if it or Z is not given; EBV, magnitudes, from `mallorn.survey.dust_map.fill_reddening` if not given;
        luminosity_distance, Mpc, NaN without Z. If a log has them, also ra, dec and host_...: see
        `mallorn.ingest.positions`.

        Raises DataError, with file and line, for a redshift, error or E(B-V) that is no number or outside the
        configuration's limits; and as `mallorn.ingest.positions` and `fill_reddening` do.
        """
        redshift = self._numbers("Z", self.config["redshift"], NO_REDSHIFT)
        error = self._numbers("Z_err", {"min": 0.0, "max": np.inf}, NO_REDSHIFT)
        counts = [len(log) for log in self]
        further = positions_and_hosts(list(self))
        ebv = self._numbers("EBV", self.config["ebv"], missing=True)
        return {
            "object_id": np.concatenate(self.ids),
            "set": np.repeat(
                np.array(["train" if log is self.train else "test" for log in self], dtype=object), counts
            ),
            "split": np.concatenate([log.text("split") for log in self]),
            "Z": redshift,
            "Z_err": np.where(np.isfinite(redshift), error, np.nan),
            "EBV": fill_reddening(ebv, further.get("ra"), further.get("dec"), self.config),
            "luminosity_distance": luminosity_distance(redshift),
            **further,
        }

    def _numbers(self, column, believed, missing=None):
        return np.concatenate([_numbers(log, column, believed, missing) for log in self])


def read_objects(train_log, test_log, split, config):
    """Return the columns of `Logs.objects`, without split, positions and hosts, for one split's objects, sorted by id.

    Rows of other splits are skipped: each split reads the logs, and in a large survey this would be most of its work.
    Raises DataError if the logs name no object of the split; see also `Logs`.
    """
    logs = Logs(train_log, test_log, config, split=split)
    if not any(map(len, logs)):
        raise unnamed_split(logs, split)
    objects = {name: v for name, v in logs.objects().items() if name != "split" and not is_further(name)}
    rows = np.argsort(objects["object_id"], kind="stable")
    return {name: values[rows] for name, values in objects.items()}


def unnamed_split(logs, split):
    """Return the DataError for a split that the `Logs` do not mention."""
    return DataError.at(
        logs.test.path.parent / split,
        expected=f"a split named in {' or '.join(log.path.name for log in logs)}",
        found="no object of it",
        fix="move the folder away, or add its objects to the logs",
    )


def _object_ids(log):
    ids = log.text("object_id")
    for k, name in enumerate(ids):
        if not name or not name.isprintable():
            fix = "name the object by printable text, in its light curve too"
            raise log.error(k, "object_id", expected="an id", found=log.value("object_id", k), fix=fix)
    return ids


def _check_unique(logs, ids):
    first = {}
    for log, names in zip(logs, ids, strict=True):
        for k, name in enumerate(names):
            if name in first:
                other, row = first[name]
                found = f"{name!r} again, after {other.path.name}, line {other.line(row)}"
                raise log.error(k, "object_id", expected="each object once", found=found, fix="remove one of the rows")
            first[name] = log, k


def _numbers(log, column, believed, missing=None):
    """Return `column` as numbers within the limits `believed`.

    missing: numbers that, like an empty value, mean that there is none: NaN. None if there must be a number.
    """
    values, state = log.numbers(column)
    low, high = believed["min"], believed["max"]
    good = (state == NUMBER) & (values >= low) & (values <= high) & np.isfinite(values)
    if missing is not None:
        none = (state == MISSING) | np.isin(values, missing)
        values, good = np.where(none, np.nan, values), good | none
    if not good.all():
        k = int(np.argmin(good))
        between = f"between {low:g} and {high:g}" if np.isfinite(high) else f"of at least {low:g}"
        expected = f"a finite number {between}" + ("" if missing is None else " or nothing")
        raise log.error(
            k,
            column,
            expected=expected,
            found=log.value(column, k),
            fix="mend the value, or remove the object from the log",
        )
    return values
