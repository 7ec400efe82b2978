"""The table of candidates as a VOTable, which TOPCAT, Aladin and other tools of the virtual observatory read."""

import re

import numpy as np

from mallorn.io.files import atomic_write
from mallorn.report.candidates import DIGITS, columns_of

__all__ = ["plain_ids", "write_votable"]

_UNITS = {"kK": "kK", "d": "d", "mag": "mag", "MJD": "d", "deg": "deg"}
_FRAME = "icrs"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")


def write_votable(path, table, target, data=""):
    """Write the table of candidates as a VOTable 1.4 (TABLEDATA), with units, UCDs and the frame of positions.

    target: the target class. data: the data behind the candidates, for the description.
    """
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import CooSys
    from astropy.table import Table

    about = columns_of(table, target)
    ids = plain_ids(about)
    made = Table([_column(ids[name], table[name], column) for name, column in about.items()], copy=False)
    file = from_table(made, table_id="candidates")
    (resource,) = file.resources
    for field, name in zip(resource.tables[0].fields, about, strict=True):
        field.name = name
    file.description = resource.description = f"candidates by the probability of class {target}" + (
        f", of {data}" if data else ""
    )
    if "ra" in about:
        resource.coordinate_systems.append(CooSys(ID=_FRAME, system="ICRS"))
        for field in resource.tables[0].fields:
            if field.name in ("ra", "dec"):
                field.ref = _FRAME
    with atomic_write(path) as beside:
        file.to_xml(str(beside))


def plain_ids(names):
    """Return {name: a name that XML allows as an ID} for names of columns, no two alike."""
    ids = {}
    for k, name in enumerate(names):
        plain = _NOT_PLAIN.sub("_", name)
        ids[name] = plain if plain not in ids.values() else f"{plain}_{k}"
    return ids


def _column(name, values, about):
    from astropy.table import Column

    if about.decimals is None:
        data = np.array(["" if value is None else str(value) for value in values], dtype=str)
        data = data if data.dtype.itemsize else data.astype("U1")
    elif about.exact or values.dtype.kind != "f":
        data = values
    else:
        data = np.array([float(f"{value:.{DIGITS}g}") for value in values])
    meta = {"ucd": about.ucd} if about.ucd else None
    return Column(data, name=name, unit=_UNITS.get(about.unit), description=about.meaning, meta=meta)
