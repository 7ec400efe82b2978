"""Make a page for each of the first candidates and of the most unusual objects, or for one requested object."""

from pathlib import Path

from mallorn.errors import DataError
from mallorn.ingest.known import joined_metadata
from mallorn.io.tables import read_columns
from mallorn.report.candidates import with_pages
from mallorn.report.drawing import draw_pages, remove_others
from mallorn.report.names import page_name
from mallorn.report.on_tree import read_on_tree
from mallorn.report.over_time import read_over_time
from mallorn.report.store import Store


def main(store, paths, folder, settings, name=None, threads=1):
    """Write pages to `folder`: for the first candidates and the most unusual objects, or for the object called `name`.

    Without `name`, all other files of the folder are removed.

    The arguments are those of `mallorn.report.drawing.draw_pages`. "tree" and "over_time" in paths: the table of
    objects on the tree of classes, and that of score_over_time; or None.
    """
    options = settings["report"]
    log = joined_metadata(read_columns(path) for path in paths["metadata"])
    if name is None:
        wanted = with_pages(read_columns(paths["candidates"], ["object_id", "rank", "outlier"]), options)
        listed = min(len(wanted), options["candidates"])  # unusual objects come after these, in a row of their own
    else:
        wanted, listed = [_named(log["object_id"], name)], 0
    on_tree = read_on_tree(paths["tree"], wanted)
    over_time = read_over_time(paths["over_time"])
    more = {name: {"on_tree": on_tree.get(name), "over_time": over_time.get(name)} for name in wanted}
    draw_pages(store, log, paths, folder, settings, more, listed, threads)
    if name is None:
        remove_others(folder, wanted)


def _named(object_id, name):
    found = [str(one) for one in object_id if page_name(one) == name]
    if not found:
        raise DataError(f"no object of the survey has a page called {name!r}; a page is called as its object")
    return found[0]


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, output, name = snakemake.input, snakemake.output[0], snakemake.wildcards.get("object")
        main(
            Store.of(snakemake.params.splits, *(given[field] for field in Store.FIELDS)),
            {
                **{key: given[key] for key in ("candidates", "train", "test", "threshold", "source", "importance")},
                "metadata": [given.metadata, *given.get("new_metadata", [])],
                "explanations": next(iter(given.get("explanations", [])), None),
                "tree": next(iter(snakemake.params.tree), None),
                "over_time": next(iter(given.get("over_time", [])), None),
            },
            output if name is None else Path(output).parent,
            {**snakemake.params.settings, "code": snakemake.params.code},
            name,
            snakemake.threads,
        )
