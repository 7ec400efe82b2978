# Inputs and params of the rules in data.smk.

import hashlib

from mallorn.sources.format import is_format
from mallorn.sources.source import metadata_digest

KNOWN = expand("results/known/{split}.parquet", split=SPLITS)  # facts on the objects from the files of a format
NEW_KNOWN = expand("results/known/{split}.{new}.parquet", split=NEW_SPLITS, new=NEW)


def content(folder, paths):
    """Return digests of files of a survey and of the dust map; None for a simulated survey, which the jobs that make
    it follow."""
    if config["data_dir"] is None and folder == DATA_DIR:
        return None
    return [file_digest(path) for path in (*paths, *DUST_MAP)]


def content_of_split(source, folder, sets, split):
    """Return digests of all that ingesting one split reads; None for a simulated survey.

    Of the metadata only what is read for this split counts: a simulated split is made anew whenever its metadata are.
    """
    if config["data_dir"] is None and folder == DATA_DIR:
        return None
    files = content(folder, READ[source].files(folder, split, sets))
    return [files, metadata_digest(READ[source], folder, split, sets)]


def files_of_survey(source, folder, splits, sets, metadata):
    """Return the paths of all files of a survey, each once. metadata: only those on what is known about objects."""
    points = (path for split in splits for path in READ[source].files(folder, split, sets))
    return plain(list(dict.fromkeys([*metadata, *points])))


def content_of_survey(source, folder, splits, sets, metadata):
    """Return a digest of all files of a survey; None for a simulated one."""
    found = content(folder, files_of_survey(source, folder, splits, sets, metadata))
    return found and hashlib.sha256(" ".join(found).encode()).hexdigest()


def adapter(stage, source):
    """Return the name of the adapter of a stage, "read" or "gather", for a source or for a format."""
    return {"read": ("ingest", "ingest_files"), "gather": ("ingest_metadata", "gather_metadata")}[stage][
        is_format(source)
    ]


def code_of_reading(stage, source):
    """Return the digest of a stage's code, without other sources or formats."""
    return code_of(adapter(stage, source), {"sources": source, "formats": source})


def reading(source):
    """Return the settings of reading with a source or format."""
    block = config["ingest"]
    return {"ingest": block, "readers": {source: config["readers"].get(source, {})}} if is_format(source) else block


def chosen_by(source, folder, split):
    """Return the files of a format that one split reads, which its job then need not list; None for a source."""
    return READ[source].chosen(folder, split) if is_format(source) else None


def known_of(source, path):
    """Return the further output of ingestion of a format."""
    return {"known": path} if is_format(source) else {}


def set_aside_of(source, splits):
    """Return the further input of the metadata of a format: the rows set aside of all splits."""
    return {"set_aside": expand("results/set_aside/{split}.parquet", split=splits)} if is_format(source) else {}


def augmentation_settings(wildcards):
    """Return the settings of altered copies: the seed, and the changes of the points."""
    name = augmentation_of(wildcards.kind)
    block, unused = config["augmentations"][name], ("enabled", "repeats", "draws", "wanted_precision")
    further = {"domain": config["domain"]} if name in ALSO_WITHOUT_REDSHIFT else {}
    options = {key: values for key, values in block.items() if key not in unused}
    return {"seed": config["seed"], "augmentation": options, **further}


def augmentation_fits(wildcards):
    """Return the multi-band fits of all splits, which move copies to other redshifts."""
    return expand(ARTIFACTS["fits/multiband"], part=SPLITS) if wildcards.kind.startswith(OTHER_SURVEYS) else []


def table_of(part):
    """Return the table from which a part takes the objects with a photometric redshift."""
    return NEW if part.endswith(f".{NEW}") else "test" if re.fullmatch(SPLIT, part) else part


def draw_settings(wildcards):
    """Return the settings of drawn redshifts: their number, their seed and the largest value."""
    largest = config["ingest"]["redshift"]["max"]
    return {"seed": config["seed"], "draws": DRAWS[wildcards.drawn], "largest": largest}


def left_of_new():
    """Return what new objects must have left in slots to lose their other points; None if models learn from such."""
    names = () if PASSBANDS.beyond_slots else ("points", "detections", "nights")
    return {name: config["domain"][name] for name in names} or None
