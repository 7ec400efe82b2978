# Which files, settings and code a feature family is made of.

from functools import cache


@cache
def needs_of(family):
    """Return the artifacts that a family reads, as its module states them."""
    return plugins.constant("features", family, "NEEDS")


def artifacts_of(wildcards):
    """Return {artifact: path} of what a family reads of a part; {slot: path} for fits of single passbands."""
    fill = lambda path: path.format(part=wildcards.part)
    return {
        need: (
            {slot: fill(path) for slot, path in ARTIFACTS[need].items()}
            if isinstance(ARTIFACTS[need], dict)
            else fill(ARTIFACTS[need])
        )
        for need in needs_of(wildcards.family)
    }


def family_inputs(wildcards):
    """Return the paths of `artifacts_of` as a flat list."""
    paths = artifacts_of(wildcards).values()
    return [path for one in paths for path in (one.values() if isinstance(one, dict) else [one])]


@cache
def family_code(family):
    """Return the digest of all code that makes one family."""
    used = {"features": family, "readers": needs_of(family), "hypotheses": config["features"][family]}
    return code_of("extract_features", used)


def family_settings(wildcards):
    """Return the blocks of the configuration that one family reads."""
    posterior = {"posterior": config["posterior"]} if "posterior" in needs_of(wildcards.family) else {}
    return {"features": config["features"][wildcards.family], **posterior}


@cache
def feature_state(source):
    """Return what features are made by: digests of code and blocks of the configuration, for results/model to hold.

    source: the source or format that reads the light curves.
    """
    code = {name: code_of(name, {"hypotheses": config["fits"]["hypotheses"]["models"]}) for name in FEATURE_STAGES}
    code |= {f"features.{family}": family_code(family) for family in FAMILIES}
    settings = {name: config[name] for name in ("ingest", "fits", "posterior")}
    settings["ingest"] = {name: value for name, value in config["ingest"].items() if name not in NOT_OF_FEATURES}
    settings["features"] = {name: config["features"][name] for name in FAMILIES}
    return {"reading": {source: code_of_reading("read", source)}, "code": code, "settings": settings}


def joined_inputs(wildcards):
    """Return the inputs of join_features: metadata, and all families of the parts of the table."""
    table, _, draw = wildcards.table.partition(".")
    suffix = f".{draw}" if draw else ""
    return {
        "metadata": f"results/drawn/{wildcards.table}.parquet" if draw else metadata_of(table),
        "families": expand(
            "results/families/{family}/{part}.parquet",
            family=FAMILIES,
            part=[f"{part}{suffix}" for part in parts_of(table)],
        ),
    }


def joined_settings(wildcards):
    """Return what join_features is told: the families in order, and the set whose objects are joined."""
    return {"families": FAMILIES, "set": "test" if wildcards.table.split(".")[0] in ("test", NEW) else "train"}
