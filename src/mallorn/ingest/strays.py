"""Objects whose rows went astray: no point has their id, and points have ids that no log names.

Other programs change ids: a long number becomes a floating-point one, a blank is added, a letter with an accent gets
another Unicode form. Such rows are not given to the object that they may belong to, since two objects may be meant.
They are reported with the id that they resemble.
"""

import unicodedata
from collections import defaultdict
from itertools import islice

__all__ = ["named", "resembling", "tell_alike", "tell_bare"]

_TOLD = 5  # ids that a message names
_SHARED_DIGITS = 12  # significant digits that programs keep when they take an id for a number


def tell_bare(log, bare, strays):
    """Warn about objects without any usable point, and about ids in rows that no object has.

    log: the logger. bare: ids of objects. strays: {id in the files: number of rows}.
    """
    if bare:
        log.warning("%d objects have no usable point: %s", len(bare), named(bare))
    if strays:
        rows, told = sum(strays.values()), named(strays, {name: f" ({n} rows)" for name, n in strays.items()})
        log.warning("%d rows are of %d ids that stand for no object: %s", rows, len(strays), told)
    pairs = resembling(bare, strays)
    for name, stray, how in pairs[:_TOLD]:
        log.warning(
            "the rows of %r may be those of %r: %s. Next step: write the id alike in both files", stray, name, how
        )
    if len(pairs) > _TOLD:
        log.warning("%d more ids resemble one another so", len(pairs) - _TOLD)


def tell_alike(log, ids):
    """Warn of objects whose ids differ only in blanks, capital letters or the form of Unicode: maybe one object.

    log: the logger. ids: those of the objects.
    """
    keys = [_one_case(str(name)) for name in ids]
    if len(set(keys)) == len(keys):
        return
    of = defaultdict(list)
    for key, name in zip(keys, ids, strict=True):
        of[key].append(str(name))
    pairs = [names for names in of.values() if len(names) > 1]
    told = "; ".join(named(names).replace(", ", " and ", 1) for names in pairs[:_TOLD])
    message = (
        "%d pairs of ids differ only in blanks, capital letters or the form of Unicode: %s. If they are one object"
    )
    log.warning(message + ", write its id alike: its points are scored apart", len(pairs), told)


def named(names, further=None):
    """Return the first few names as text for a message, each with its text in `further`, {name: text}."""
    shown = [repr(str(name)[:80]) + (further or {}).get(name, "") for name in islice(names, _TOLD)]
    return ", ".join(shown) + (", ..." if len(names) > _TOLD else "")


def resembling(bare, strays):
    """Return [(id of `bare`, id of `strays`, how they differ)] for ids that differ only as programs change them."""
    found, taken = [], set()
    for how, key in _KEYS.items():
        of = defaultdict(list)
        for stray in strays:
            of[key(str(stray))].append(stray)
        for name in bare:
            likely = key(str(name))
            if name in taken or likely is None:
                continue
            for stray in of.get(likely, ())[:1]:
                found.append((str(name), str(stray), how))
                taken.add(name)
    return found


def _without_blanks(name):
    return "".join(name.split())


def _one_form(name):
    return unicodedata.normalize("NFKC", _without_blanks(name))


def _one_case(name):
    return _one_form(name).casefold()


def _as_number(name):
    """Return the digits that an id keeps when a program takes it for a number; None if it is no number."""
    text = _without_blanks(name)
    if not text.replace("+", "").replace("-", "").replace(".", "").replace("e", "").replace("E", "").isdigit():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return f"{value:.{_SHARED_DIGITS - 1}e}"


_KEYS = {
    "a blank is in one of them": _without_blanks,
    "they are other Unicode forms of one text": _one_form,
    "they differ in capital letters": _one_case,
    "one of them went through a floating-point number": _as_number,
}
