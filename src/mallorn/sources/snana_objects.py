"""The HEAD file of an SNANA pair: ids, the rows of PHOT of each object, positions, redshifts, hosts and types."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import numpy_array
from mallorn.sources.fits_rows import fits_tables
from mallorn.sources.table_objects import described
from mallorn.sources.values import NO_LABEL, id_strings, listed, no_sentinels, number_array

__all__ = ["LABELS", "SnanaObjects"]

LABELS = ("SIM_TYPE_NAME", "SIM_TYPE_INDEX", "SNTYPE", "TYPE")
"""Columns of HEAD with a type by default; the first known value counts."""

_NEEDED = ("SNID", "PTROBS_MIN", "PTROBS_MAX")
_HOST = "HOSTGAL_"
_NOT_CARRIED = ("HOSTGAL_SPECZ", "HOSTGAL_PHOTOZ", "HOSTGAL_SPECZ_ERR", "HOSTGAL_PHOTOZ_ERR")
_CARRIED = ("PEAKMJD", "SIM_PEAKMJD", "MJD_TRIGGER", "MJD_DETECT_FIRST", "MJD_DETECT_LAST")
_ROWS = 100_000


class SnanaObjects:
    """The objects of a HEAD file. n: their number. ids: their names. survey: from the header, or None."""

    def __init__(self, path, settings):
        self._path, self._settings = path, settings
        with fits_tables(path) as tables:
            table = next(iter(tables), None)
            if table is None:
                raise DataError.at(path, expected="a binary table", found="none", fix="get the file again")
            self._names = table.names
            for name in _NEEDED:
                if name not in table.names:
                    fix = "give a HEAD file of SNANA"
                    found = listed(table.names)
                    raise DataError.at(path, expected=f"a column {name!r}", found=found, fix=fix)
            wanted = self._wanted()
            parts = list(table.parts(wanted, _ROWS))
            survey = str(table.primary.get("SURVEY", "") or table.header.get("SURVEY", "")).strip()
        self.survey = survey or None
        self._columns = {name: pa.chunked_array([part[name] for part in parts]) for name in wanted} if parts else {}
        self.ids = id_strings(self._columns["SNID"], path, "SNID").to_pylist() if parts else []
        self.n = len(self.ids)
        if None in self.ids or "" in self.ids or len(set(self.ids)) < self.n:
            again = Counter(name or "" for name in self.ids).most_common(1)[0][0]
            fix = "give each object a name of its own"
            found = f"{again!r} twice" if again else "none in a row"
            raise DataError.at(path, column="SNID", expected="one name for each object", found=found, fix=fix)
        self._number = {name: k for k, name in enumerate(self.ids)}
        self._known = self._described() if self.n else {}

    def pointers(self):
        """Return first and last row of PHOT, (n,) float each, of each object, counted from 1, as in HEAD."""
        return tuple(
            number_array(self._columns[name], self._path, name) if self.n else np.zeros(0) for name in _NEEDED[1:]
        )

    def describe(self, names, codes, table):
        """Return the columns of `Batch.objects` for the objects `names`."""
        told = self.of(np.array([self._number.get(name, -1) for name in names], dtype=np.int64))
        return {name: values for name, values in told.items() if name != "object_id"}

    def of(self, numbers):
        """Return the columns of `Batch.objects` for the objects at indices `numbers` (n,); -1 gives missing values."""
        known = {"object_id": np.array([*self.ids, None], dtype=object)[:-1]} | self._known
        columns = {}
        for name, values in known.items():
            fill = "none" if name == "redshift_kind" else None if values.dtype == object else np.nan
            columns[name] = np.append(values, np.array([fill], dtype=values.dtype))[numbers]
        return columns

    def _wanted(self):
        labels = self._labels()
        further = [name for name in (self._settings.get("redshift"),) if name]
        for name in further:
            if name not in self._names:
                fix = "set redshift to one of the columns of HEAD"
                raise DataError.at(self._path, expected=f"a column {name!r}", found=listed(self._names), fix=fix)
        usual = ("RA", "DECL", "DEC", "MWEBV", "REDSHIFT_FINAL", "REDSHIFT_FINAL_ERR", "REDSHIFT_HELIO")
        usual += ("REDSHIFT_HELIO_ERR", *_NOT_CARRIED, *_CARRIED)
        hosts = [name for name in self._names if name.startswith(_HOST)]
        errors = [f"{name}_ERR" for name in further]
        wanted = [*_NEEDED, *labels, *further, *errors, *usual, *hosts]
        return [name for name in dict.fromkeys(wanted) if name in self._names]

    def _labels(self):
        labels = self._settings.get("label", LABELS)
        return [labels] if isinstance(labels, str) else list(labels)

    def _described(self):
        n = self.n

        def numbers(*names):
            values = np.full(n, np.nan)
            for name in names:
                if name in self._columns:
                    found = no_sentinels(number_array(self._columns[name], self._path, name))
                    values = np.where(np.isnan(values), found, values)
            return values

        known = {"ra": self._angle("RA"), "dec": self._angle("DECL", "DEC"), "ebv": numbers("MWEBV")}
        chosen = self._settings.get("redshift")
        if chosen:
            known["redshift"], known["redshift_err"] = numbers(chosen), numbers(f"{chosen}_ERR")
        else:
            final = numbers("REDSHIFT_FINAL")
            known["redshift"] = np.where(np.isnan(final), numbers("REDSHIFT_HELIO"), final)
            known["redshift_err"] = np.where(
                np.isnan(final), numbers("REDSHIFT_HELIO_ERR"), numbers("REDSHIFT_FINAL_ERR")
            )
        for role, name in (("host_redshift", "HOSTGAL_SPECZ"), ("photo_redshift", "HOSTGAL_PHOTOZ")):
            known[role], known[f"{role}_err"] = numbers(name), numbers(f"{name}_ERR")
        known["label"] = self._types()
        carried = {}
        for name in self._columns:
            if (name.startswith(_HOST) and name not in _NOT_CARRIED) or name in _CARRIED:
                carried[name.replace(_HOST, "host_") if name.startswith(_HOST) else name.lower()] = self._carried(name)
        return described(known, n) | carried

    def _carried(self, name):
        """Return a host's column (n,): numbers without sentinels, but ids as text."""
        if re.search("OBJID", name):
            ids = numpy_array(id_strings(self._columns[name], self._path, name))
            return np.array([None if text in ("-9", "-99", "-999", "0") else text for text in ids] + [None])[:-1]
        if pa.types.is_string(self._columns[name].type):
            return numpy_array(self._columns[name])
        return no_sentinels(number_array(self._columns[name], self._path, name))

    def _angle(self, *names):
        values = np.full(self.n, np.nan)
        for name in names:
            if name in self._columns:
                values = np.where(np.isnan(values), number_array(self._columns[name], self._path, name), values)
        return values

    def _types(self):
        """Return the labels (n,): text, or the label for it in `types`; None if no column tells."""
        label = np.full(self.n, None, dtype=object)
        types = {str(key): value for key, value in (self._settings.get("types") or {}).items()}
        for name in self._labels():
            if name not in self._columns:
                continue
            texts = numpy_array(id_strings(self._columns[name], self._path, name))
            texts = [types.get(text, text) for text in texts]
            told = [None if text is None or str(text).lower() in (*NO_LABEL, "0") else text for text in texts]
            label = np.array([new if old is None else old for old, new in zip(label, told, strict=True)] + [None])[:-1]
        return label
