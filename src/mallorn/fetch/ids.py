"""Ids of objects, and files that list them. Only the standard library is imported here."""

import csv
import re
from pathlib import Path

from mallorn.errors import DataError

__all__ = ["COLUMNS", "checked_id", "listed_objects", "number_listed"]

COLUMNS = ("oid", "label", "alerce_class", "probability", "meanra", "meandec", "firstmjd", "lastmjd")
"""Columns of the table of objects; label is a type in our words, alerce_class the class that ALeRCE gave it."""

_ID_COLUMNS = ("oid", "objectId", "object_id", "diaObjectId", "id")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")  # ids become names of files


def listed_objects(path, classes):
    """Return the objects of a file of ids, rows of `COLUMNS` sorted by id.

    The file is CSV with a column oid (or objectId, object_id, diaObjectId, id) and, if known, a column label; or it has
    one id on each line. classes: {class: type}; a label that is such a class stands for its type. Raises DataError for
    an id that ALeRCE cannot have, and for an id with two labels.
    """
    path, labels = Path(path), {}
    for line, row in _lines(path):
        oid, label = checked_id(row["oid"], path, line), classes.get(row["label"], row["label"])
        if labels.setdefault(oid, label) != label:
            found = f"{oid} with {labels[oid]!r} and with {label!r}"
            raise DataError.at(path, line=line, expected="one label for an object", found=found, fix="keep one of them")
    if not labels:
        raise DataError.at(path, expected="ids of objects", found="none", fix="write an id in each line")
    return [dict.fromkeys(COLUMNS, "") | {"oid": oid, "label": labels[oid]} for oid in sorted(labels)]


def number_listed(path):
    """Return the number of lines with an id in a file; 0 if it cannot be read: the job will then say so."""
    try:
        return len(list(_lines(Path(path))))
    except DataError:
        return 0


def _lines(path):
    """Yield (line, {"oid", "label"}) of a file of ids."""
    try:
        table = [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fix = "name a text file with an id in each line as alerce.ids"
        raise DataError.at(path, expected="a file of ids", found=error, fix=fix) from None
    header = [name.strip() for name in table[0]] if table else []
    column = next((header.index(name) for name in _ID_COLUMNS if name in header), None)
    label = header.index("label") if column is not None and "label" in header else None
    for line, row in enumerate(table[0 if column is None else 1 :], 1 if column is None else 2):
        values = [value.strip() for value in row]
        if any(values):
            place = column or 0
            oid = values[place] if place < len(values) else ""
            yield line, {"oid": oid, "label": values[label] if label is not None and label < len(values) else ""}


def checked_id(oid, where, line=None):
    """Return an id; raise DataError, with the place, if ALeRCE cannot have it."""
    if not _ID.fullmatch(oid):
        fix = "write ids as ALeRCE does, such as ZTF20acaaaaa, or digits for LSST"
        raise DataError.at(where, line=line, expected="the id of an object", found=repr(oid), fix=fix)
    return oid
