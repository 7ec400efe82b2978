"""The page of all candidates, which the browser sorts and filters."""

from pathlib import Path
from urllib.parse import quote

import numpy as np

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.decide.tree_candidates import list_names
from mallorn.report.candidates import FLAGS, TREE_PREFIX, columns_of
from mallorn.report.render import render, shown_as

__all__ = ["LISTED", "write_candidates_page"]

LISTED = 10_000
"""Number of test objects in the table that the browser sorts and filters; the files list them all."""
LISTED_OF_CLASS = 500
"""Number of most probable objects of every other class that are listed from a longer table."""

_INDENT = "\u2003"


def write_candidates_page(folder, candidates, pages, threshold, tree, lists=()):
    """Write candidates.html.

    candidates: table. pages: {object_id: its page}. threshold: content of threshold.json. tree: a
    `mallorn.survey.taxonomy.Taxonomy`. lists: names of files with the first test objects of a class, in the folder
    `classes` beside the page.
    """
    about = columns_of(candidates, threshold["target"])
    about.pop("domain_reason", None)  # long texts, which are on the object's own page and in the files
    columns = [{"name": name, **column._asdict()} for name, column in about.items()]
    n, ranked = len(candidates["rank"]), _rankings(about, threshold["target"], tree, set(lists))
    kept = _kept(candidates, [column for group in ranked for column, _, _ in group["classes"]][1:])
    listed = {name: candidates[name][kept] for name in about}
    rows = list(zip(*(_jsonable(listed[name], about[name].decimals) for name in about), strict=True))
    head = [[shown_as(candidates[name][k], about[name].decimals) for name in about] for k in range(min(50, len(rows)))]
    render(
        Path(folder, "candidates.html"),
        "candidates.html",
        n=f"{n:,}",
        listed=f"{min(LISTED, n):,}" if len(rows) < n else "",
        of_class=LISTED_OF_CLASS,
        rankings=ranked,
        n_chosen=int(candidates["chosen"].sum()),
        n_pages=len(pages),
        target=threshold["target"],
        threshold=f"{threshold['threshold']:.3f}",
        columns=columns,
        head=head,
        flags=FLAGS,
        data={"columns": columns, "rows": rows, "pages": pages},
    )


def _rankings(about, target, tree, lists):
    """Return [{"title", "classes": [(column, class, address of its list or "")]}], the possible rankings of the table.

    The classes of the submitted model come first, led by the one sought; then those of the tree, if any.
    """
    of_model = [("probability", target, "")]
    of_model += [(name, name.removeprefix(CLASS_PREFIX), "") for name in about if name.startswith(CLASS_PREFIX)]
    of_tree = []
    for name, file in list_names([n.removeprefix(TREE_PREFIX) for n in about if n.startswith(TREE_PREFIX)]).items():
        indent = _INDENT * (tree.level(name) - 1) if name in tree else ""
        address = f"classes/{quote(file)}.csv" if f"{file}.csv" in lists else ""
        of_tree.append((TREE_PREFIX + name, indent + name, address))
    groups = (("Classes of the submitted model", of_model), ("Classes of the tree", of_tree))
    return [{"title": title, "classes": classes} for title, classes in groups if classes]


def _kept(candidates, columns):
    """Return the rows to list: the first `LISTED`, and the most probable ones by each of `columns`."""
    n = len(candidates["rank"])
    kept = np.arange(n) < LISTED
    if n > LISTED:
        for name in columns:
            order = np.argsort(-np.nan_to_num(candidates[name], nan=-1.0), kind="stable")
            kept[order[:LISTED_OF_CLASS]] = True
    return np.flatnonzero(kept)


def _jsonable(values, decimals):
    if decimals is None:
        return ["" if value is None else str(value) for value in values]
    if decimals == 0:
        return [round(v) if np.isfinite(v) else None for v in values.tolist()]
    return [round(v, decimals + 1) if np.isfinite(v) else None for v in values.tolist()]
