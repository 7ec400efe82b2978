# Files of the workflow, which may be in a repository on the web.


def local(path):
    """Return the path of a file of the workflow, given relative to the folder of workflow/Snakefile.

    A file on the web is fetched; one on this machine is taken from where it lies.
    """
    here = Path(HERE.get_path_or_uri(secret_free=True), path)
    return here if here.is_file() else workflow.sourcecache.get_path(HERE.join(path))


def plain(paths):
    """Return the paths of a user's files in the form that Snakemake accepts.

    Raises WorkflowError for one with braces or a line break: Snakemake would take {x} for a wildcard, find no job for
    it, and leave the results of other data as they are.
    """
    for path in map(str, paths):
        if re.search(r"[{}\r\n]", path):
            expected, fix = "a path without braces and line breaks", "rename it, or make a link to it and give that"
            raise WorkflowError(f"{path!r}: expected {expected}, found such. Next step: {fix}.")
    return paths


def draws_of(table):
    """Return the names of the draws of the photometric redshifts of a table of objects; none for redshifts as given."""
    return [f"{table}.draw{draw}" for draw in range(DRAWS[table])] if DRAWS[table] > 1 else []


def metadata_of(table):
    """Return the path of the metadata of a table's objects: of the survey, of new objects, or of altered ones."""
    known = {"train": "results/metadata.parquet", "test": "results/metadata.parquet"}
    return {**known, NEW: "results/classified/metadata.parquet"}.get(table, f"results/augmented/{table}.parquet")


def parts_of(table):
    """Return the parts whose objects a table holds: all splits, those of new objects, one kind of altered ones."""
    parts = {"train": SPLITS, "test": SPLITS, NEW: [f"{split}.{NEW}" for split in NEW_SPLITS]}
    return parts.get(table, [table])


def augmentation_of(kind):
    """Return the block of `augmentations` that makes a kind of altered objects."""
    return next((of for of, name in ALSO_WITHOUT_REDSHIFT.items() if name == kind), kind)
