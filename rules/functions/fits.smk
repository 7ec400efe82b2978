# Which models are fitted to light curves, and by which code and settings.

from functools import cache

OF_SLOTS = [name for name in plugins.names("artifacts") if plugins.constant("artifacts", name, "SLOTS")]
# each after those that it is made of
ARTIFACTS = {
    "lightcurves": LIGHTCURVES["points"],
    **{
        f"fits/{name}": (
            {slot: f"results/fits/{name}/{{part}}/{slot}.parquet" for slot in SLOTS}
            if name in OF_SLOTS
            else f"results/fits/{name}/{{part}}.parquet"
        )
        for name in ("drw", "matern", "multiband", "hypotheses", "semi_parametric")
    },
    "posterior": "results/posterior/{part}.parquet",
}
PREDICTED_CURVES = ["fits/multiband", "posterior"]
SHOWN = [*PREDICTED_CURVES, "fits/drw", "fits/matern", "fits/hypotheses"]  # on the pages of objects
NEEDED = {need for family in FAMILIES for need in plugins.constant("features", family, "NEEDS")}
FITTED = [name for name in ARTIFACTS if name != "lightcurves" and name in NEEDED.union(SHOWN)]


def module_of(artifact):
    """Return the name of the module that makes an artifact, such as drw for fits/drw."""
    return Path(artifact).name


def of_part(paths, part):
    """Return the path, or {slot: path}, of an artifact of a part."""
    if isinstance(paths, dict):
        return {slot: path.format(part=part) for slot, path in paths.items()}
    return paths.format(part=part)


def paths_of(artifacts):
    """Return the paths of all files of artifacts, with {part}."""
    listed = [ARTIFACTS[name] for name in artifacts]
    return [path for one in listed for path in (one.values() if isinstance(one, dict) else [one])]


@cache
def artifact_code(artifact):
    """Return the digest of all code that makes one artifact."""
    hypotheses = config["fits"]["hypotheses"]["models"]
    return code_of("fit_lightcurves", {"artifacts": module_of(artifact), "hypotheses": hypotheses})


@cache
def artifacts_code():
    """Return the digest of all code that makes any artifact."""
    names, hypotheses = [module_of(name) for name in FITTED], config["fits"]["hypotheses"]["models"]
    return code_of("fit_lightcurves", {"artifacts": names, "hypotheses": hypotheses})


def artifacts_made_from(artifacts, part):
    """Return {artifact: what it is made from}: its files of the part, its settings, the digest of its code."""
    return {
        name: {
            "output": of_part(ARTIFACTS[name], part),
            "settings": config["posterior"] if name == "posterior" else config["fits"][module_of(name)],
            "code": artifact_code(name),
        }
        for name in artifacts
    }
