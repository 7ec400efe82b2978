"""Verdicts: what an audit found, in a form that JSON can hold."""

import json

from mallorn.errors import DataError
from mallorn.io.files import write_text

__all__ = ["VERDICTS", "merge", "verdict", "write_verdict"]

VERDICTS = ("pass", "warn", "fail")
"""From best to worst. After a fail, scores cannot be believed as they stand."""


def verdict(name, result, finding, **numbers):
    """Return {"name", "verdict": one of `VERDICTS`, "finding": a sentence, "numbers" behind it}."""
    if result not in VERDICTS:
        raise ValueError(f"verdict {result!r} is none of {', '.join(VERDICTS)}")
    return {"name": name, "verdict": result, "finding": finding, "numbers": numbers}


def merge(verdicts):
    """Return {"verdict": the worst of all, "audits": verdicts}. Raises DataError if an audit occurs twice."""
    names = [one["name"] for one in verdicts]
    if len(set(names)) < len(names):
        raise DataError(f"audits: expected one verdict for each audit, found {', '.join(sorted(names))}")
    worst = max((VERDICTS.index(one["verdict"]) for one in verdicts), default=0)
    return {"verdict": VERDICTS[worst], "audits": list(verdicts)}


def write_verdict(path, content):
    """Write what `verdict` or `merge` returned as JSON."""
    write_text(path, json.dumps(content, indent=2) + "\n")
