"""The table of candidates as a VOTable, which TOPCAT, Aladin and other tools of the virtual observatory read.

It is written here, since astropy's writer calls Python for every value, and its import takes as long as all of this.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from mallorn.io.files import write_text
from mallorn.report.candidates import DIGITS, columns_of

__all__ = ["plain_ids", "write_votable"]

_UNITS = {"kK": "kK", "d": "d", "mag": "mag", "MJD": "d", "deg": "deg"}
_FRAME = "icrs"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")
_SPECIAL = {"nan": "NaN", "inf": "+InF", "-inf": "-InF"}
_BEGIN = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.ivoa.net/xml/VOTable/v1.3'
    ' http://www.ivoa.net/xml/VOTable/VOTable-1.4.xsd">\n'
)
_END = "    </TABLEDATA>\n   </DATA>\n  </TABLE>\n </RESOURCE>\n</VOTABLE>\n"


def write_votable(path, table, target, data=""):
    """Write the table of candidates as a VOTable 1.4 (TABLEDATA), with units, UCDs and the frame of positions.

    target: the target class. data: the data behind the candidates, for the description.
    """
    about = columns_of(table, target)
    ids = plain_ids(about)
    said = _described(f"candidates by the probability of class {target}" + (f", of {data}" if data else ""))
    fields, cells = [], []
    for name, column in about.items():
        kind, texts = _column(table[name], column)
        fields.append(_field(ids[name], name, kind, column))
        cells.append([f"      <TD>{text}</TD>\n" if text else "      <TD/>\n" for text in texts])
    frame = f'  <COOSYS ID="{_FRAME}" system="ICRS"/>\n' if "ra" in about else ""
    head = f' {said} <RESOURCE type="results">\n  {said}{frame}  <TABLE ID="candidates">\n'
    rows = (f"     <TR>\n{''.join(row)}     </TR>\n" for row in zip(*cells, strict=True))
    write_text(path, "".join([_BEGIN, head, *fields, "   <DATA>\n    <TABLEDATA>\n", *rows, _END]))


def plain_ids(names):
    """Return {name: a name that XML allows as an ID} for names of columns, no two alike."""
    ids = {}
    for k, name in enumerate(names):
        plain = _NOT_PLAIN.sub("_", name)
        ids[name] = plain if plain not in ids.values() else f"{plain}_{k}"
    return ids


def _described(text):
    return f"<DESCRIPTION>{escape(text)}</DESCRIPTION>\n"


def _field(identity, name, kind, about):
    """Return the element FIELD of a column. kind: its attributes of the type of data."""
    given = {"ID": identity, "name": name, **kind, "ucd": about.ucd, "unit": _UNITS.get(about.unit)}
    given["ref"] = _FRAME if name in ("ra", "dec") else None
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in given.items() if value)
    return f"   <FIELD{attributes}>\n    {_described(about.meaning)}   </FIELD>\n"


def _column(values, about):
    """Return ({attribute of FIELD: value}, the texts of the cells) of a column."""
    if about.decimals is None:
        texts = ["" if value is None else str(value) for value in values]
        longest = max(map(len, texts), default=0)
        return {"datatype": "unicodeChar", "arraysize": str(max(longest, 1))}, list(map(escape, texts))
    if values.dtype.kind != "f":
        return {"datatype": "long"}, [str(int(value)) for value in values]
    exact = values.astype(float).tolist()
    texts = map(repr, exact if about.exact else [float(f"{value:.{DIGITS}g}") for value in exact])
    return {"datatype": "double"}, [_SPECIAL.get(text) or text.removesuffix(".0") for text in texts]
