# The files, settings and code behind a feature family.

from functools import cache


@cache
def needs_of(family):
    """Return the artifacts that a family reads, from its module."""
    return plugins.constant("features", family, "NEEDS")


def artifacts_of(family, part):
    """Return {artifact: path} of a family's inputs for a part, with {slot: path} for fits of single passbands."""
    return {need: of_part(ARTIFACTS[need], part) for need in needs_of(family)}


def family_inputs(wildcards):
    """Return the paths that all families read of a part, each once."""
    found = {}
    for family in FAMILIES:
        for one in artifacts_of(family, wildcards.part).values():
            found |= dict.fromkeys(one.values() if isinstance(one, dict) else [one])
    return list(found)


@cache
def family_code(family):
    """Return the digest of all code that makes one family."""
    used = {"features": family, "artifacts": viewed([family]), "hypotheses": config["features"][family]}
    return code_of("extract_features", used)


def viewed(families):
    """Return the names of the artifacts of which families read a view."""
    needs = {module_of(need) for family in families for need in needs_of(family) if need != "lightcurves"}
    return sorted(name for name in needs if plugins.defines("artifacts", name, "view"))


@cache
def families_code():
    """Return the digest of all code that makes any family."""
    hypotheses = [config["features"][family] for family in FAMILIES]
    return code_of("extract_features", {"features": FAMILIES, "artifacts": viewed(FAMILIES), "hypotheses": hypotheses})


@cache
def family_settings(family):
    """Return the blocks of the configuration that one family reads."""
    posterior = {"posterior": config["posterior"]} if "posterior" in needs_of(family) else {}
    return {"features": config["features"][family], **posterior}


def families_made_from(wildcards):
    """Return {family: its origin}: the artifacts of the part, its settings, the digest of its code."""
    return {
        family: {
            "artifacts": artifacts_of(family, wildcards.part),
            "settings": family_settings(family),
            "code": family_code(family),
        }
        for family in FAMILIES
    }


@cache
def feature_state(source):
    """Return digests of the code and blocks of the configuration that make features, which results/model holds.

    source: the source or format that reads the light curves.
    """
    code = {"join_features": code_of("join_features")}
    code |= {name: artifact_code(name) for name in FITTED}
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
    """Return the params of join_features: the families in order, and the set whose objects are joined."""
    return {"families": FAMILIES, "set": "test" if wildcards.table.split(".")[0] in ("test", NEW) else "train"}
