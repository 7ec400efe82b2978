# Files of the workflow, which may lie in a repository on the web.


def local(path):
    """Return the path of a file of the workflow, given relative to the folder of workflow/Snakefile."""
    return workflow.sourcecache.get_path(HERE.join(path))
