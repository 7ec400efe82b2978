# What models are trained on, by which code and settings.


def training_tables(wildcards):
    """Return the files that a training set needs beside the training objects: feature tables, tuned parameters."""
    tables = {name: f"results/features/{name}.parquet" for name in COPIES}
    if config["training"]["importance_weights"]:
        tables["weights"] = "results/evaluation/importance_weights.parquet"
    if wildcards.training == FINAL:
        tables["test"] = "results/features/test.parquet"
    if config["models"][wildcards.model]["tuned"]:
        study = FINAL_STUDY if wildcards.training == FINAL else wildcards
        tables["parameters"] = f"{TUNING}/best.yaml".format(**{**dict(study.items()), "model": wildcards.model})
    return tables


def training_code(adapter, model):
    """Return the digest of the code of an adapter that trains `model`: with its ranker's and its linear start's."""
    block = config["models"][model]
    used = [block, config["selection"] if block["selection"] else {}]
    return code_of(adapter, [*used, "logistic" if block["params"].get("linear_start") else ""])


def training_settings(model, *blocks):
    """Return what an adapter that trains `model` reads of the configuration, with further `blocks`."""
    return {"model": config["models"][model], **{name: config[name] for name in ("seed", "training", *blocks)}}


def predicted(patterns, wildcards, model):
    """Return {name: path} of the predictions of `model` for the training set, protocol and repeat of `wildcards`."""
    return {name: pattern.format(**{**dict(wildcards.items()), "model": model}) for name, pattern in patterns.items()}


def submitted(name):
    """Return the files `name` of the predictions that the submission is made of, one for each repeat."""
    model = config["submission"]["model"]
    return expand(PREDICTED[name], training=FINAL, protocol=SUBMITTED, model=model, repeat=REPEATS)
