"""The page of the most unusual test objects, whatever their most probable class."""

from pathlib import Path

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.report.candidates import most_unusual
from mallorn.report.render import render, shown_as

__all__ = ["LISTED", "write_unusual_page"]

LISTED = 100
"""Number of objects on the page; the table of candidates has all."""


def write_unusual_page(folder, candidates, pages, target):
    """Write unusual.html. candidates: table. pages: {object_id: its page}. target: the target class."""
    classes = {
        name.removeprefix(CLASS_PREFIX): candidates[name] for name in candidates if name.startswith(CLASS_PREFIX)
    }
    classes = {target: candidates["probability"], **classes}
    shown = []
    for k in most_unusual(candidates, LISTED):
        name = str(candidates["object_id"][k])
        best = max(classes, key=lambda one: classes[one][k])
        shown.append(
            {
                "object_id": name,
                "href": f"candidates/{pages[name]}.html" if name in pages else "",
                "outlier": shown_as(candidates["outlier"][k], 2),
                "best": best,
                "numbers": [shown_as(values[k], 2) for values in classes.values()],
                "redshift": shown_as(candidates["redshift"][k], 3),
                "magnitude": shown_as(candidates["peak_magnitude"][k], 2),
                "snr": shown_as(candidates["snr"][k], 0),
                "kind": candidates["kind"][k],
                "flags": [flag for flag in candidates["flags"][k].split("; ") if flag],
            }
        )
    told = {"rows": shown, "classes": list(classes), "n": f"{len(candidates['rank']):,}", "n_pages": len(pages)}
    render(Path(folder, "unusual.html"), "unusual.html", **told)
