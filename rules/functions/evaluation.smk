# The predictions that are scored, and the settings of scores.


def final_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train on all training objects."""
    if name not in PREDICTED:
        return []
    return expand(PREDICTED[name], training=FINAL, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=REPEATS)


def outer_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train without an outer fold."""
    outer = [training for training in TRAININGS if training != FINAL]
    repeats = REPEATS[: config["evaluation"]["nested"]["repeats"]]
    return expand(PREDICTED[name], training=outer, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=repeats)


def scoring_settings(*blocks):
    """Return the configuration that an adapter for scoring decisions reads, with further `blocks`."""
    evaluation = {name: config["evaluation"][name] for name in ("level", "rounds", "precision", "bins")}
    decision = {name: config[name] for name in ("seed", "threshold", "calibration", *blocks)}
    return {**decision, "evaluation": evaluation}


def every_core(wildcards):
    """Return the cores of this run; 1 for a command that runs nothing, such as --unlock, and needs no --cores."""
    try:
        return workflow.cores
    except WorkflowError:
        return 1


def half_the_cores(wildcards):
    """Return half of the cores of this run, at least 1: a job with all of them waits until no other one runs."""
    return max(1, every_core(wildcards) // 2)


def network_models():
    """Return the names of all models whose learner is a network (one that resumes), enabled or not."""
    return [
        name
        for name, block in config["models"].items()
        if plugins.constant("learners", block["learner"], "RESUMES", False)
    ]


def names_of_networks():
    """Return (model, protocol, repeat) of each training of a network.

    One that has seen unlabelled objects, with siblings of held-out events among them, has no grouped folds.
    """
    return [
        (model, protocol, repeat)
        for model in network_models()
        for protocol in PROTOCOLS
        for repeat in REPEATS
        if protocol != "grouped" or config["models"][model]["pretrained"] != "unlabelled"
    ]


def network_files(pattern):
    """Return the paths of a pattern of predictions for each training of a network, in that order."""
    named = names_of_networks()
    return [pattern.format(training=FINAL, model=name, protocol=protocol, repeat=k) for name, protocol, k in named]


def rocket_models():
    """Return the names of all models that `score_rocket` trains: its own, and those to compare them with."""
    rocket = config["rocket"]
    named = [*rocket["models"], *(name for pair in rocket["pairs"] for name in pair), *rocket["candidates"]]
    return list(dict.fromkeys([*named, *rocket_members()]))


def rocket_members():
    """Return the members of the ensemble that ROCKET is added to."""
    return config["ensembles"][config["rocket"]["ensemble"]]["members"]


def rocket_inputs(wildcards):
    """Return the training objects of `score_rocket`, and the parameters of the models that are tuned."""
    return inputs_of_blocks(rocket_blocks())


def rocket_blocks():
    """Return {name: block of `models`} of all models that `score_rocket` trains."""
    return {name: config["models"][name] for name in rocket_models()}


def fresh_inputs(wildcards):
    """Return the training objects of `score_fresh`, and the parameters of the models that are tuned."""
    return inputs_of_blocks(fresh_blocks())


def fresh_blocks():
    """Return {name: block of `models`} of all models that `score_fresh` trains: those submitted, and those of variants."""
    named = [name for variant in config["fresh"]["variants"].values() for name in variant["members"] or []]
    return {name: config["models"][name] for name in dict.fromkeys([*SUBMITTED_MODELS, *named])}


def inputs_of_blocks(blocks):
    """Return the training objects that models need, {name: block}, and the parameters of those that are tuned."""
    tables = {}
    for name in blocks:
        tables |= model_tables(name)
    tuned = [f"{TUNING}/best.yaml".format(**FINAL_STUDY, model=name) for name in tuned_of(blocks)]
    return {**tables, **({"parameters": tuned} if tuned else {})}


def tuned_of(blocks):
    """Return the names of those of the models, {name: block}, whose parameters tuning finds."""
    return [name for name, block in blocks.items() if block["tuned"]]


def code_of_blocks(blocks):
    """Return `loaded_by` of models, {name: block}, with the ranker if one of them selects features."""
    ranker = [config["selection"]["ranker"]] if any(block["selection"] for block in blocks.values()) else []
    return loaded_by(*blocks.values(), *ranker)


def tree_predictions():
    """Return the files of the probabilities of all classes of the tree."""
    tree = config["evaluation"]["tree"]
    return expand(TREE_PREDICTIONS, protocol=tree["protocols"], repeat=REPEATS[: tree["repeats"]], model=tree["models"])


def submitted_beside_tree(protocols, repeats):
    """Return the out-of-fold predictions of the submitted model that the tree keeps its probabilities of, if any."""
    if config["evaluation"]["tree"]["from_submission"] == "none":
        return []
    chosen = {"training": FINAL, "protocol": protocols, "repeat": repeats, "model": SUBMITTED_MODEL}
    return expand(PREDICTED["out_of_fold"], **chosen)


def settings_of_refined():
    """Return what predictions on the tree that agree with the submitted model's are made by."""
    blocks = {name: config[name] for name in ("calibration", "threshold")}
    return {**class_settings(), **blocks, "kept": config["evaluation"]["tree"]["from_submission"]}


def early_predictions(protocol):
    """Return the paths of predictions of copies at ages, one for each repeat."""
    about = {"training": EARLY, "protocol": protocol, "model": SUBMITTED_MODEL}
    return expand(PREDICTED["out_of_fold"], **about, repeat=REPEATS_OF_EARLY)


def whole_curves(protocol, repeat):
    """Return ({"fits": {model: folder}, "learned": path or None}, list of these paths): what whole curves taught."""
    about = {"training": FINAL, "protocol": protocol, "repeat": repeat}
    fits = {model: FITS.format(**about, model=model) for model in SUBMITTED_MODELS}
    learned = f"{PREDICTIONS}/learned.json".format(**about, model=SUBMITTED_MODEL) if SUBMITTED_ENSEMBLE else None
    return {"fits": fits, "learned": learned}, [*fits.values(), *filter(None, [learned])]
