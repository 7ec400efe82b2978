# Files of the workflow, which may lie in a repository on the web.


def local(path):
    """Return the path of a file of the workflow, given relative to the folder of workflow/Snakefile.

    A file on the web is fetched; one on this machine is taken from where it lies.
    """
    here = Path(HERE.get_path_or_uri(secret_free=True), path)
    return here if here.is_file() else workflow.sourcecache.get_path(HERE.join(path))
