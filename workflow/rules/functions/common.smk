# Files of the workflow, which may lie in a repository on the web.


def local(path):
    """Return the path of a file of the workflow, given relative to the folder of workflow/Snakefile."""
    return workflow.sourcecache.get_path(HERE.join(path))


def read_yaml(path):
    """Return what a YAML file of the workflow holds."""
    with open(local(path), encoding="utf-8") as stream:
        return yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
