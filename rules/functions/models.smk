# Inputs, code and settings of training models.


def training_tables(wildcards):
    """Return the files that a training set needs besides the training objects: feature tables, tuned parameters."""
    tables = {name: f"results/features/{name}.parquet" for name in ALTERED}
    tables |= model_tables(wildcards.model)
    for kind in ALTERED:
        tables |= view_inputs(views_of_model(wildcards.model), [kind], f"{kind}_")
    for table in ("photoz", *(["test"] if wildcards.training == FINAL and reads_test(wildcards) else [])):
        tables |= draw_inputs(views_of_model(wildcards.model), table)
    if wildcards.training == FINAL and reads_test(wildcards):
        tables["test"] = "results/features/test.parquet"
    return tables | weights_and_parameters(wildcards)


def reads_test(wildcards):
    """Return whether models of a protocol predict the test set, or learn from it."""
    return wildcards.protocol == SUBMITTED or config["training"]["pseudo_labels"]["enabled"]


def tables_of_copies(wildcards):
    """Return the files that a training set of copies needs: copies of the training objects, and the test set.

    The copies are features and views of their own; those of the survey are of the test objects.
    """
    views, kind = views_of_model(wildcards.model), wildcards.training
    tables = {**model_tables(wildcards.model), **view_inputs(views, [kind], "train_")}
    tables |= {"train": f"results/features/{kind}.parquet"}
    if wildcards.protocol == SUBMITTED:
        tables["test"] = "results/features/test.parquet"
    return tables | weights_and_parameters(wildcards)


def weights_and_parameters(wildcards):
    """Return the files of importance weights, tuned parameters and first networks that a training set needs, if any."""
    tables = {}
    if config["models"][wildcards.model]["pretrained"]:
        tables["pretrained"] = f"results/pretrained/{wildcards.model}"
    if config["training"]["importance_weights"]:
        tables["weights"] = "results/evaluation/importance_weights.parquet"
    if config["models"][wildcards.model]["tuned"]:
        study = FINAL_STUDY if wildcards.training in (FINAL, *ALL_COPIES) else wildcards
        tables["parameters"] = f"{TUNING}/best.yaml".format(**{**dict(study.items()), "model": wildcards.model})
    return tables


def loaded_by(*blocks):
    """Return {"learners", "transforms": names} that blocks of `models`, or similar blocks, load."""
    learners = {block["learner"] for block in blocks}
    transforms = {name for block in blocks for name in block.get("transforms", {})}
    transforms |= {name for learner in learners for name in plugins.constant("learners", learner, "TRANSFORMS", ())}
    transforms |= {"selection" for block in blocks if block.get("selection")}
    return {"learners": sorted(learners), "transforms": sorted(transforms)}


def training_code(adapter, model):
    """Return the digest of the code of an adapter that reads or trains `model`, with modules that it loads by name."""
    block = config["models"][model]
    return code_of(adapter, loaded_by(block, *([config["selection"]["ranker"]] if block["selection"] else [])))


def training_settings(model, *blocks):
    """Return the configuration that an adapter for training `model` reads, with further `blocks`."""
    names = ("seed", "target", "training", *blocks)
    block = config["models"][model]
    tree = {"taxonomy": TAXONOMY} if block["params"].get("loss") == "hierarchical" else {}
    return {"model": block, **{name: config[name] for name in names}, **tree, **files_of(block)}


def files_of(*blocks):
    """Return {"files": {path: digest}} of the user's files that transforms of blocks of `models` read; {} for none."""
    paths = {
        params[name]
        for block in blocks
        for transform, params in block.get("transforms", {}).items()
        for name in plugins.constant("transforms", transform, "FILES", ())
        if params.get(name)
    }
    return {"files": {path: file_digest(path) for path in sorted(paths)}} if paths else {}


def pretraining_objects(wildcards):
    """Return the files of the objects that a network learns from first: simulated ones, or all of the survey."""
    if config["models"][wildcards.model]["pretrained"] == "unlabelled":
        parts, more = SPLITS, {"metadata": "results/metadata.parquet"}
    else:
        parts, more = [PRETRAINING], {"labels": "results/pretraining.parquet"}
    paths = {"lightcurves": LIGHTCURVES["points"], "objects": LIGHTCURVES["objects"]}
    paths["posterior"] = ARTIFACTS["posterior"]
    return {**{name: expand(path, part=parts) for name, path in paths.items()}, **more}


def pretraining_survey():
    """Return the block `simulation` of the survey that networks learn from first."""
    block = config["pretraining"]
    siblings = {"train": block["spectroscopic"], "test": block["photometric"]}
    own = {"population": block["population"], "sources": block["sources"], "siblings": siblings}
    return {**config["simulation"], "n_splits": 1, **own}


def fold_settings(wildcards):
    """Return `training_settings` of models of folds; those of the protocol that is not submitted predict no test set."""
    return {**training_settings(wildcards.model, "selection"), "predicts": wildcards.protocol == SUBMITTED}


def settings_of_copies(wildcards):
    """Return `fold_settings` of a training set of copies: those of young objects learn from more features."""
    found, of = fold_settings(wildcards), augmentation_of(wildcards.training)
    if of != EARLY:
        return found
    included = config["augmentations"][EARLY]["include"]
    exclude = [pattern for pattern in found["training"]["exclude"] if pattern not in included]
    return {**found, "training": {**found["training"], "exclude": exclude}}


def copies_at_ages(wildcards):
    """Return the light curves of a training set of young objects, whose calibration depends on the age; else none."""
    part = wildcards.training
    return [path.format(part=part) for path in LIGHTCURVES.values()] if augmentation_of(part) == EARLY else []


def of_young(copies):
    """Return the trigger for the ages of copies, for the adapter choose_threshold; None without `copies_at_ages`."""
    trigger = config["augmentations"][EARLY]["trigger"]
    return {"points": copies[0], "objects": copies[1], "trigger": trigger} if copies else None


def deciding_settings(training):
    """Return the settings for the calibration and the threshold of a training set of copies."""
    method = {"method": config["augmentations"][EARLY]["calibration"]}
    kind = augmentation_of(training)
    threshold = of_other_surveys() if kind == OTHER_SURVEYS else config["threshold"]
    return {"threshold": threshold, "calibration": method if kind == EARLY else config["calibration"]}


def of_other_surveys():
    """Return the block `threshold` that holds for objects as other surveys would see them."""
    precision = config["augmentations"][OTHER_SURVEYS]["wanted_precision"]
    own = {"rule": "wanted_precision", "precision": precision} if precision is not None else {}
    return {**config["threshold"], **own}


def tables_of_other_surveys():
    """Return {name: path} of the scores of copies as other surveys would see them; empty if there are none."""
    names = ["other_surveys", "other_surveys_groups"] if OTHER_SURVEYS in REPEATS_OF_COPIES else []
    return {name: f"results/evaluation/{name}.csv" for name in names}


def class_settings():
    """Return the settings that give an object's class: the class sought, and the types of the others."""
    training = {name: config["training"][name] for name in ("classes", "other_class")}
    return {"target": config["target"], "training": training}


def views_of_model(model):
    """Return the views of the data set that a model reads besides features: grid and points."""
    used = loaded_by(config["models"][model])
    needs = {need for kind, names in used.items() for name in names for need in plugins.constant(kind, name, "NEEDS")}
    return needs & {"grid", "points"}


def view_inputs(views, parts, prefix=""):
    """Return {name: paths} of the files behind views of the objects in `parts`."""
    named = {"lightcurves": "points", "objects": "points", "posterior": "grid"}
    return {
        f"{prefix}{name}": [f"results/{name}/{part}.parquet" for part in parts]
        for name, view in named.items()
        if view in views
    }


def draw_inputs(views, table):
    """Return {name: paths} for the draws of a table: feature tables, and `view_inputs`, one draw after another."""
    draws = draws_of(table)
    parts = [f"{part}.{draw.split('.')[1]}" for draw in draws for part in parts_of(table)]
    tables = {f"{table}_draws": [f"results/features/{draw}.parquet" for draw in draws]}
    return {**tables, **view_inputs(views, parts, f"{table}_draws_")} if draws else {}


def model_tables(model):
    """Return {name: path or paths} of the training objects of an adapter that trains `model`."""
    return {"train": "results/features/train.parquet", **view_inputs(views_of_model(model), SPLITS)}


def with_learner_memory(mem_mb):
    """Return a `mem_mb` function for jobs that train {model}: `mem_mb`, and the MB that what it loads asks for."""

    def asked(wildcards, input, attempt):
        more = memory_of(config["models"][wildcards.model])
        return mem_mb(wildcards, input, attempt) + more * 2 ** (attempt - 1)

    return asked


def memory_of(*blocks):
    """Return the most MB that learners and transforms of blocks of `models` ask for in their `RESOURCES`."""
    asked = [
        sum(
            plugins.constant(kind, name, "RESOURCES", {}).get("memory_mb", 0)
            for kind, names in loaded_by(block).items()
            for name in names
        )
        for block in blocks
    ]
    return max(asked)


def learner_resource(name, default=0):
    """Return a function of wildcards for a resource, such as gpus, that the learner of {model} asks for."""

    def asked(wildcards):
        learner = config["models"][wildcards.model]["learner"]
        return plugins.constant("learners", learner, "RESOURCES", {}).get(name, default)

    return asked


def predicted(patterns, wildcards, model):
    """Return {name: path} of the predictions of `model` for the training set, protocol and repeat of `wildcards`."""
    return {name: pattern.format(**{**dict(wildcards.items()), "model": model}) for name, pattern in patterns.items()}


def submitted(name):
    """Return the files `name` of the predictions behind the submission, one for each repeat."""
    model = config["submission"]["model"]
    return expand(PREDICTED[name], training=FINAL, protocol=SUBMITTED, model=model, repeat=REPEATS)


def of_copies(name, training, protocols=SUBMITTED, models=config["submission"]["model"]):
    """Return the files `name` of predictions by the models of a training set of copies, of the submitted one by default.

    None if there is no such training set.
    """
    chosen = {"training": training, "protocol": protocols, "model": models}
    return expand(PREDICTED[name], **chosen, repeat=REPEATS_OF_COPIES.get(training, []))


def members_of(training):
    """Return the submitted models that learn from a training set: those of copies may be fewer."""
    block = config["augmentations"].get(augmentation_of(training), {})
    return [name for name in SUBMITTED_MODELS if not SUBMITTED_ENSEMBLE or name not in block.get("without", [])]


def combined_copies(wildcards):
    """Return the paths of predictions by the members of the submitted ensemble, for a training set of copies."""
    return expand(list(PREDICTED_OF_COPIES.values()), **wildcards, model=members_of(wildcards.training))
