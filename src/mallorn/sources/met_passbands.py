"""The passbands that a reader has met: whether what the files call them can be believed."""

import numpy as np

from mallorn.errors import DataError
from mallorn.sources.values import listed

__all__ = ["MetPassbands"]

_NO_NAME = ("", "-", None)
_LAST = 5  # of the numbers of LSST's passbands, ugrizy from 0


class MetPassbands:
    """Names of passbands in files, and the number of rows that have them. known: the passbands; unknown: names."""

    def __init__(self):
        self.known, self.unknown, self._numbers = set(), set(), set()
        self._rows_known = self._rows_unknown = 0

    def add(self, codes, names, found, settings):
        """Add rows. codes: (N,) numbers of the rows' names, -1 where missing. names: in the file. found: the passbands,
        None where unknown. settings: `survey` and `passbands` of the reader; names that the latter has do not count."""
        rows, own = np.bincount(codes[codes >= 0], minlength=len(names)), settings.get("passbands") or {}
        for name, passband, n in zip(names, found, rows.tolist(), strict=True):
            if passband:
                self.known.add(passband)
                self._rows_known += n
            elif name not in _NO_NAME and name not in own:
                self.unknown.add(name)
                self._rows_unknown += n
        if settings.get("survey") is None:
            self._numbers |= {name for name in names if name and name.isdecimal() and name not in own}

    def join(self, other):
        """Add what another `MetPassbands` has met."""
        self.known |= other.known
        self.unknown |= other.unknown
        self._numbers |= other._numbers
        self._rows_known += other._rows_known
        self._rows_unknown += other._rows_unknown

    def refuse(self, path):
        """Raise DataError if the passband of most rows is not known, or if numbers of passbands do not end with 5.

        The rows that are left of an object would be scored as if it had been seen in one passband.
        """
        rows = self._rows_known + self._rows_unknown
        if self._rows_unknown > self._rows_known:
            found = f"{listed(sorted(self.unknown), 10)} in {self._rows_unknown} of {rows} rows"
            fix = "set survey to that of the passbands, or passbands to {name in the file: SURVEY.NAME, or null}"
            raise DataError.at(path, expected="passbands of a known survey", found=found, fix=fix)
        if self.known and any(int(name) > _LAST for name in self._numbers):
            fix = "set passbands to {number in the file: SURVEY.NAME}"
            expected = "passbands by name, or the numbers 0 to 5 of LSST's ugrizy"
            raise DataError.at(path, expected=expected, found=", ".join(sorted(self._numbers)[:10]), fix=fix)
