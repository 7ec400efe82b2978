# What the rules of data.smk are told of a survey.

from mallorn.sources.source import metadata_digest


def content(folder, paths):
    """Return digests of files of a survey and of the dust map; None for a simulated survey, which the jobs that make
    it follow."""
    if config["data_dir"] is None and folder == DATA_DIR:
        return None
    return [file_digest(path) for path in (*paths, *DUST_MAP)]


def content_of_split(source, folder, sets, split):
    """Return digests of all that ingestion of one split reads of a survey; None for a simulated one.

    Of the metadata only what is read for this split counts: a simulated split is made anew whenever its metadata are.
    """
    if config["data_dir"] is None and folder == DATA_DIR:
        return None
    files = content(folder, READ[source].files(folder, split, sets))
    return [files, metadata_digest(READ[source], folder, split, sets)]
