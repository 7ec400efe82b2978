# Inputs of the pages of the report.

from mallorn.runs.fingerprints import module_digests


def store_of(parts):
    """Return the files on single objects, for splits of the survey or of new objects."""
    found = {
        "lightcurves": expand(LIGHTCURVES["points"], part=parts),
        "objects": expand(LIGHTCURVES["objects"], part=parts),
        "posterior": expand(ARTIFACTS["posterior"], part=parts),
        "hypotheses": expand(ARTIFACTS["fits/hypotheses"], part=parts),
    }
    for kind in ("drw", "matern"):
        found[kind] = expand("results/fits/{kind}/{part}/{slot}.parquet", kind=kind, part=parts, slot=SLOTS)
    return found


def importances():
    """Return the files of the importances of features in the submitted models."""
    pattern = f"{PREDICTIONS}/importance.parquet"
    return expand(pattern, training=FINAL, protocol=SUBMITTED, model=SUBMITTED_MODELS, repeat=REPEATS)


def explanations():
    """Return the file of the SHAP values of the first of the submitted models that can be explained."""
    explained = [name for name in SUBMITTED_MODELS if name in config["explanations"]["models"]]
    return [f"results/explanations/{name}.parquet" for name in explained[:1]]


def out_of_fold_of_submitted(protocol):
    """Return the out-of-fold predictions of the submitted model or ensemble under a protocol, one file per repeat."""
    chosen = {"training": FINAL, "protocol": protocol, "repeat": REPEATS}
    return expand(PREDICTED["out_of_fold"], **chosen, model=config["submission"]["model"])


def scored_modules():
    """Return {module: digest of its code} of the modules that scores depend on."""
    features = {name: config["features"][name] for name in FAMILIES}
    ranker = [config["selection"]["ranker"]] if any(config["models"][name]["selection"] for name in MODELS) else []
    models = loaded_by(*(config["models"][name] for name in MODELS), *ranker)
    used = {"features": features, "hypotheses": config["fits"]["hypotheses"]["models"]}
    used |= {"sources": SOURCE, "formats": SOURCE}
    adapters = [local(f"scripts/{name}.py") for name in SCORED_STAGES]
    return module_digests(*adapters, used={**used, **models})


def template_digests():
    """Return {template: digest} of the pages of the report, their style and scripts."""
    folder = Path(plugins.SOURCE, "mallorn", "report", "templates")
    return {path.name: file_digest(path) for path in sorted(folder.iterdir())}


def digests_of_further_results():
    """Return {path: digest} of the optional results that the report shows; it is then made anew when they change."""
    kinds = ("results/evaluation/*.csv", "results/evaluation/audits.json", "results/evaluation/figures/*.svg")
    kinds += ("results/tuning/*/*/*/*/best.yaml", "results/benchmarks/summary.csv")
    found = sorted(str(path) for kind in kinds for path in Path().glob(kind))
    return {path: file_digest(path) for path in found if path not in EVALUATED}


def tree_of_objects():
    """Return {path: digest} of the table of `snakemake tree`, which pages follow; {} without it."""
    path = "results/tree/test.parquet"
    return {path: file_digest(path)} if Path(path).is_file() else {}
