"""The page of all candidates, which the browser sorts and filters."""

from pathlib import Path

import numpy as np

from mallorn.report.candidates import FLAGS, columns_of
from mallorn.report.render import render, shown_as

__all__ = ["LISTED", "write_candidates_page"]

LISTED = 10_000
"""Test objects in the table of candidates that the browser sorts and filters; the files list them all."""


def write_candidates_page(folder, candidates, pages, threshold):
    """Write candidates.html. candidates: table. pages: {object_id: its page}. threshold: what threshold.json holds."""
    about = columns_of(candidates, threshold["target"])
    about.pop("domain_reason", None)  # a sentence or more, on the object's own page and in the files
    columns = [{"name": name, **column._asdict()} for name, column in about.items()]
    n = len(candidates["rank"])
    listed = {name: candidates[name][:LISTED] for name in about}
    rows = list(zip(*(_jsonable(listed[name], about[name].decimals) for name in about), strict=True))
    head = [[shown_as(candidates[name][k], about[name].decimals) for name in about] for k in range(min(50, len(rows)))]
    render(
        Path(folder, "candidates.html"),
        "candidates.html",
        n=f"{n:,}",
        listed=f"{len(rows):,}" if len(rows) < n else "",
        n_chosen=int(candidates["chosen"].sum()),
        n_pages=len(pages),
        target=threshold["target"],
        threshold=f"{threshold['threshold']:.3f}",
        columns=columns,
        head=head,
        flags=FLAGS,
        data={"columns": columns, "rows": rows, "pages": pages},
    )


def _jsonable(values, decimals):
    if decimals is None:
        return ["" if value is None else str(value) for value in values]
    if decimals == 0:
        return [round(v) if np.isfinite(v) else None for v in values.tolist()]
    return [round(v, decimals + 1) if np.isfinite(v) else None for v in values.tolist()]
