"""One long table with a row for each point: CSV, Parquet, FITS, ECSV or VOTable; or a folder of such tables.

Settings, all optional:
columns: {role: column}; `mallorn.sources.table_columns` has the roles, and the usual names, which need no mapping. A
    role that is null is not guessed. Without object_id, each file is one object with the name of the file.
constants: {role: value} for roles without a column, such as {passband: r}.
survey: the survey of the passbands; by default "ztf" for fid and for objects called ZTF..., else "lsst" for ugrizy.
passbands: {name in the file: "SURVEY.NAME"}, for names that follow from no survey; null leaves their rows out.
unit: of the fluxes: uJy, nJy, mJy, Jy, or anything that astropy knows; by default the file's own, else the one in the
    name of the column (flux_nJy, FLUXCAL, psfFlux), else microjansky.
zero_point: AB magnitude of one unit of flux; a column zero_point has one for each row.
time: "mjd" or "jd"; by default JD if times are above 2,400,000. scale: such as "UTC" or "TAI", kept in `about`.
flux: "difference" or "direct", kept in `about`; by default "difference" if the file has signs or FLUXCAL.
mask: {column: bits}: rows with one of the bits are set aside; by default `MASKS`.
flags: columns in which true sets a row aside; by default those of Rubin's tables (`FLAGS` of `table_points`).
drop: {column: [values]}: rows with one of the values are set aside.
objects: paths of tables of objects, beside the file or absolute; object_columns: {role: column} of them.
carry: columns to carry along with the objects. extension: see `mallorn.sources.table_files.table_file`.
rows_in_memory, scratch: see `mallorn.sources.rows.whole_objects`.

Magnitudes are AB; those of a difference image get their sign from isdiffpos. Values beyond 90 are missing. A row with a
limiting magnitude and no magnitude is an upper limit: its flux is 0, and its error a fifth of the limit, taken as 5
sigma.
"""

import logging
from pathlib import Path

from mallorn.errors import DataError
from mallorn.sources.met_passbands import MetPassbands
from mallorn.sources.parquet_parts import files_at
from mallorn.sources.rows import MOST_ROWS, batch_of, whole_objects
from mallorn.sources.table_files import SUFFIXES, table_file
from mallorn.sources.table_objects import ObjectTables
from mallorn.sources.table_points import MASKS, PointRows

__all__ = ["MASKS", "batches"]

FILES = r"\.(csv|parquet|parq|ecsv|fits?|vot|votable|xml|txt|tsv)(\.gz)?$"
SURVEYS = ("lsst", "ztf", "ps1", "sdss", "des", "atlas", "uvot")
SETTINGS = (
    "columns",
    "constants",
    "survey",
    "passbands",
    "unit",
    "zero_point",
    "time",
    "scale",
    "flux",
    "mask",
    "flags",
    "drop",
    "carry",
    "objects",
    "object_columns",
    "extension",
    "rows_in_memory",
    "scratch",
)
_log = logging.getLogger(__name__)

ROWS_OF_OBJECT = "folder"
"""See `mallorn.sources.format`."""


def batches(path, settings):
    """Yield the `Batch`es of the table at `path`, or of all tables below the folder `path`.

    Raises DataError, with a list of the columns found, if a needed one is neither in the settings nor has a usual name.
    """
    path = Path(path)
    objects = ObjectTables(path, settings)
    reader = _Tables(path, settings, objects)
    most = settings.get("rows_in_memory", MOST_ROWS)
    n = 0
    for table in whole_objects(reader.tables(), most, settings.get("scratch")):
        n += table.num_rows
        yield batch_of(table, reader.about, objects.describe)
    if not n:
        raise DataError.at(path, expected="rows", found="a header only", fix="get the file again")
    reader.met.refuse(path)
    reader.tell()
    objects.tell()


class _Tables:
    """The tables at a path, as tables of rows. met: the `MetPassbands`."""

    def __init__(self, path, settings, objects):
        self._settings, self._path = settings, path
        files = files_at(path, SUFFIXES, "a table, or a folder of tables")
        self._files = [file for file in files if file.resolve() not in objects.files]
        self._extra = None
        self.met, self._nameless = MetPassbands(), []
        self.about = {"format": "table"}

    def tables(self):
        """Yield the rows of each file."""
        for file in self._files:
            with table_file(file, self._settings.get("extension")) as table:
                rows = PointRows(file, table, self._settings)
                self._tell(file, rows)
                for part in table.parts(rows.columns):
                    yield rows.of(part, self._extra)
                self.met.join(rows.met)
                self._nameless += [] if rows.named else [file.name]

    def tell(self):
        """Warn of files that have no ids, whose rows are taken for one object."""
        if self._nameless:
            message = "%s%s no column of ids: the rows of a file are taken for one object, called as the file"
            n = len(self._nameless)
            _log.warning(message, self._nameless[0], f" and {n - 1} more have" if n > 1 else " has")

    def _tell(self, file, rows):
        """Keep facts on all files, and check that the columns to carry along are those of the first file."""
        if self._extra is None:
            self._extra = rows.extra
            self.about |= rows.about
        for key, value in rows.about.items():
            if self.about[key] != value:
                self.about[key] = "mixed"
        absent = sorted(set(rows.extra) - set(self._extra))
        if absent:
            found = f"also {absent[0]!r}, which {self._files[0].name} has not"
            fix = "read these files one by one, or give the first the column"
            raise DataError.at(file, expected="the columns of objects of the first file", found=found, fix=fix)
