"""Values as files write them: ids as text, sentinels for missing values, and the best redshift."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array

__all__ = [
    "SENTINELS",
    "best_redshift",
    "id_strings",
    "listed",
    "no_sentinels",
    "number_array",
    "object_columns",
    "text_array",
]

SENTINELS = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0)
"""Numbers that stand for a missing one in the columns of objects."""

NO_LABEL = ("", "nan", "none", "null", "na", "n/a", "unknown", "unk", "fail", "-", "-9", "-99", "-999")
"""Texts, in any case, that mean that there is no label."""

_MOST_EXACT = 2.0**53


def id_strings(column, path, name):
    """Return the ids of an Arrow column as Arrow strings (n,), digit for digit, null where missing.

    Raises DataError for floats that are NaN or not whole numbers below 2^53, since these have lost digits, and for
    other types.
    """
    column = _decoded(column)
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _text(column, path, name)
    if pa.types.is_floating(kind):
        values = numpy_array(column.drop_null().cast(pa.float64()))
        wrong = values[~((np.abs(values) < _MOST_EXACT) & (values == np.floor(values)))]
        if not len(wrong):
            return column.cast(pa.float64()).cast(pa.int64()).cast(pa.string())
        found = f"a float, {float(wrong[0])!r}, which loses the digits of long ids"
    else:
        found = f"the type {kind}"
    fix = "write the ids as text or as whole numbers"
    raise DataError.at(path, column=name, expected="ids as text or whole numbers", found=found, fix=fix)


def text_array(column, path, name):
    """Return an Arrow column of text as Arrow strings (n,) without blanks around them; numbers are written out."""
    column = _decoded(column)
    if pa.types.is_string(column.type):
        return pc.utf8_trim_whitespace(column)
    if pa.types.is_boolean(column.type) or pa.types.is_floating(column.type):
        return column.cast(pa.string())
    return pc.utf8_trim_whitespace(id_strings(column, path, name))


def number_array(column, path, name):
    """Return an Arrow column as float64 (n,), NaN where missing; raise DataError if it does not hold numbers."""
    column = _decoded(column)
    try:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            text = pc.utf8_trim_whitespace(column)
            empty = pc.is_in(pc.utf8_lower(text), value_set=arrow_array(np.array(["", "nan", "null", "none", "na"])))
            column = pc.if_else(empty, pa.nulls(len(text), text.type), text)
        return np.asarray(numpy_array(column.cast(pa.float64(), safe=False)), dtype=float)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        found = f"the type {column.type}" if isinstance(error, pa.ArrowNotImplementedError) else str(error)[:200]
        fix = "name another column in the settings, or write numbers"
        if pa.types.is_temporal(column.type):
            fix = "write times as MJD or JD, such as astropy.time.Time(text).mjd"
        raise DataError.at(path, column=name, expected="numbers", found=found, fix=fix) from None


def no_sentinels(values, sentinels=SENTINELS):
    """Return `values` (n,) float with NaN for infinities and for each of `sentinels`, also as float32."""
    values = np.array(values, dtype=float)
    values[np.isin(values, sentinels) | np.isinf(values)] = np.nan
    return values


def best_redshift(n, *choices):
    """Return {redshift, redshift_err, redshift_kind}, (n,) each, from the first choice that has one.

    choices: (redshift, error or None, kind), (n,) each; a kind is one word, or (n,) words. A redshift below -0.1 in a
    survey's file means a missing one; an error that is not above 0 is missing.
    """
    redshift, error = np.full(n, np.nan), np.full(n, np.nan)
    kinds = np.full(n, "none", dtype=object)
    for value, value_err, kind in choices:
        value = no_sentinels(value)
        free = np.isnan(redshift) & (value > -0.1)
        redshift[free] = value[free]
        if value_err is not None:
            value_err = no_sentinels(value_err)
            error[free] = np.where(value_err > 0, value_err, np.nan)[free]
        kinds[free] = kind if isinstance(kind, str) else np.asarray(kind, dtype=object)[free]
    return {"redshift": redshift, "redshift_err": error, "redshift_kind": kinds}


def object_columns(n, **known):
    """Return the columns of `Batch.objects` for n objects, without ids: the `known` ones, and missing values.

    Impossible positions, negative E(B-V) and labels without meaning become missing.
    """
    columns = {
        "ra": np.full(n, np.nan),
        "dec": np.full(n, np.nan),
        "redshift": np.full(n, np.nan),
        "redshift_err": np.full(n, np.nan),
        "redshift_kind": np.full(n, "none", dtype=object),
        "ebv": np.full(n, np.nan),
        "label": np.full(n, None, dtype=object),
    } | known
    ra, dec = np.array(columns["ra"], dtype=float), np.array(columns["dec"], dtype=float)
    unknown = ~((ra >= -180.0) & (ra <= 360.0) & (np.abs(dec) <= 90.0)) | (np.isin(ra, SENTINELS) & (ra == dec))
    columns["ra"], columns["dec"] = np.where(unknown, np.nan, ra % 360.0), np.where(unknown, np.nan, dec)
    ebv = no_sentinels(columns["ebv"])
    columns["ebv"] = np.where(ebv >= 0.0, ebv, np.nan)
    columns["label"] = np.array([_label(text) for text in columns["label"]] + [None], dtype=object)[:-1]
    return columns


def listed(names, most=40):
    """Return names for a message, in quotes, only the first ones if there are many."""
    names = [repr(str(name)) for name in names]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "") or "none"


def _label(text):
    text = None if text is None else str(text).strip()
    return None if text is None or text.lower() in NO_LABEL else text


def _decoded(column):
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.nulls(0, column.type)
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _text(column, path, name):
    try:
        return column.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise DataError.at(
            path, column=name, expected="UTF-8 text", found="other bytes", fix="save the column as text"
        ) from None
