"""Translate the names of passbands in surveys' files to passbands "SURVEY.NAME"."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.io.tables import numpy_codes
from mallorn.sources.rows import numbered

__all__ = ["KNOWN", "filled_texts", "passband", "passbands"]

KNOWN = {
    "lsst": ("u", "g", "r", "i", "z", "y"),
    "ztf": ("g", "r", "i"),
    "atlas": ("c", "o"),
    "ps1": ("g", "r", "i", "z", "y"),
    "sdss": ("u", "g", "r", "i", "z"),
    "des": ("g", "r", "i", "z", "Y"),
    "uvot": ("UVW2", "UVM2", "UVW1", "U", "B", "V"),
}
"""Passbands that files may name without a mapping in the settings, by survey or instrument."""

_MOST_NAMED = 50  # most unknown names in one part of a file that get a reason of their own


def passband(survey, name):
    """Return "SURVEY.NAME" if it is one of `KNOWN`, else None. LSST's Y is y; DECam's y is Y, as DES writes it."""
    for known in KNOWN.get(survey, ()):
        if name == known or (survey in ("lsst", "des") and name.lower() == known.lower()):
            return f"{survey}.{known}"
    return None


def passbands(names, meaning, settings, reasons):
    """Return the passbands, Arrow strings (n,), for the names in a file; null if there is none.

    names: (n,) texts, None where missing, or Arrow strings. meaning: function of a name that
    returns a passband or None. settings: its optional key "passbands", {name in the file: passband, or None to leave it
    out}, comes before `meaning`. reasons: the `Reasons`; rows without a passband are added, with the name.
    """
    own = {str(name): found for name, found in (settings.get("passbands") or {}).items()}
    if isinstance(names, pa.Array | pa.ChunkedArray):
        names = names if isinstance(names, pa.ChunkedArray) else pa.chunked_array([names])
        codes, unique = numpy_codes(names.dictionary_encode())
    else:
        codes, unique = pd.factorize(_objects(names))
        unique = unique.tolist()
    meant = [own[name] if name in own else meaning(name) for name in unique]
    unknown = [k for k, found in enumerate(meant) if found is None]
    for k in unknown[:_MOST_NAMED]:
        why = "is left out by the settings" if unique[k] in own else "is not known"
        reasons.add(codes == k, f"passband {_short(unique[k])} {why}")
    if len(unknown) > _MOST_NAMED:
        reasons.add(np.isin(codes, unknown), "passband is not known")
    if not any(meant):
        return pa.nulls(len(codes), pa.string())
    return numbered(codes, meant)


def filled_texts(texts):
    """Return Arrow strings (n,) with null for empty ones."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _objects(names):
    if isinstance(names, np.ndarray):
        return names
    values = np.empty(len(names), dtype=object)
    values[:] = names
    return values


def _short(name):
    text = repr(name)
    return text if len(text) <= 60 else text[:57] + "..."
