"""Rules across models, ensembles and decisions: names that must exist, and settings that need others."""

from mallorn import plugins
from mallorn.settings.messages import nearest
from mallorn.settings.renames import RENAMED_NAMES

__all__ = ["broken_model_rules"]

_UNLABELLED = (
    "siblings of held-out events are among the unlabelled objects, so scores on grouped folds, which an enabled model "
    "has, would not be of new events; set it to true (simulated objects) or false with params.masked_epochs (training "
    "objects of each fit), or set `enabled` to false: `snakemake networks` then scores it on stratified folds alone"
)


def broken_model_rules(config):
    """Return a line for each rule on models and decisions that `config` breaks; see `mallorn.settings.rules`."""
    return [
        *_names(config),
        *_of_copies(config),
        *_learners(config),
        *_transforms(config["models"]),
        *_classes(config["training"]),
        *_oversampled(config),
        *_decisions(config),
        *_repeats(config),
    ]


def _names(config):
    """Yield a line for each block that names a missing model, or one that is not enabled."""
    models, ensembles = config["models"], config["ensembles"]
    for name in ensembles:
        if name in models:
            yield f"ensembles.{name}: a model has this name too"
    asked = {f"ensembles.{name}.members": block["members"] for name, block in ensembles.items() if block["enabled"]}
    asked["explanations.models"] = config["explanations"]["models"]
    for where, names in asked.items():
        yield from filter(None, (_unusable(where, name, models) for name in names))
    yield from filter(None, [_unusable("submission.model", config["submission"]["model"], {**models, **ensembles})])
    trained = {
        "ablation.model": [config["ablation"]["model"]],
        "outliers.model": [config["outliers"]["model"]],
        "evaluation.learning_curve.model": [config["evaluation"]["learning_curve"]["model"]],
        "evaluation.tree.models": config["evaluation"]["tree"]["models"],
        "evaluation.predictive.model": [config["evaluation"]["predictive"]["model"]],
        "explanations.shapes.model": [config["explanations"]["shapes"]["model"]],
        "tuning.models": config["tuning"]["models"],
        "rocket.models": config["rocket"]["models"],
        "rocket.candidates": config["rocket"]["candidates"],
        "rocket.pairs": [name for pair in config["rocket"]["pairs"] for name in pair],
    }
    variants = config["fresh"]["variants"]
    trained |= {f"fresh.variants.{name}.members": one["members"] or [] for name, one in variants.items()}
    yield from filter(None, [_missing_ensemble(config["rocket"]["ensemble"], ensembles)])
    for where, names in trained.items():
        yield from (_absent(where, name, models) for name in names if name not in models)
        for name in names:
            if models.get(name, {}).get("pretrained"):
                yield f"{where}: {name!r} is pretrained, which only models that are trained on the folds can be"


def _of_copies(config):
    """Yield a line for each name that is left out of the models of copies without being one, and if none is left."""
    models, submitted = config["models"], config["submission"]["model"]
    members = config["ensembles"].get(submitted, {}).get("members", [])
    for name in ("other_surveys", "early"):
        where, without = f"augmentations.{name}.without", config["augmentations"][name]["without"]
        yield from (_absent(where, one, models) for one in without if one not in models)
        if config["augmentations"][name]["enabled"] and members and not set(members) - set(without):
            yield f"{where}: no member of {submitted!r}, the submitted ensemble, is left; leave fewer out"


def _unusable(where, name, blocks):
    if name not in blocks:
        return _absent(where, name, blocks)
    return (
        ""
        if blocks[name]["enabled"]
        else f"{where}: {name!r} is not enabled; set its `enabled` to true, or name another"
    )


def _missing_ensemble(name, ensembles):
    return "" if name in ensembles else f"rocket.ensemble: there is no {nearest(name, ensembles)}"


def _absent(where, name, blocks):
    if name in RENAMED_NAMES:
        return f"{where}: there is no {name!r}; it was renamed to {RENAMED_NAMES[name]!r}"
    return f"{where}: there is no {nearest(name, blocks)}"


def _learners(config):
    learners = plugins.names("learners")
    blocks = {f"models.{name}": block for name, block in config["models"].items()}
    blocks |= {"selection.ranker": config["selection"]["ranker"], "audits.model": config["audits"]["model"]}
    for where, block in blocks.items():
        name = block["learner"]
        if name not in learners:
            yield f"{where}.learner: there is no learner {nearest(name, learners)}"
            continue
        known = plugins.constant("learners", name, "PARAMETERS")
        for key in block["params"]:
            if key not in known:
                yield f"{where}.params: the learner {name} has no parameter {nearest(key, known)}"
        if block.get("pretrained") and not plugins.constant("learners", name, "STARTS", False):
            yield f"{where}.pretrained: the learner {name} cannot begin from what was learned before"
        if block.get("pretrained") == "unlabelled":
            if "masked_epochs" not in known:
                yield f"{where}.pretrained: the learner {name} cannot fill in light curves; set it to true or false"
            if block["enabled"]:
                yield f"{where}.pretrained: {_UNLABELLED}"
        if block["params"].get("focal_gamma") and block.get("classes", "binary") != "binary":
            yield f"{where}.params: focal_gamma is for models with `classes: binary`; set it to 0 or leave it out"
    for name in config["explanations"]["models"]:
        learner = config["models"].get(name, {}).get("learner")
        if learner in learners and not plugins.defines("learners", learner, "contributions"):
            yield f"explanations.models: {name!r} is a model of the learner {learner}, which has no SHAP values"


def _transforms(models):
    known = plugins.names("transforms")
    for model, block in models.items():
        where = f"models.{model}.transforms"
        for name, given in block["transforms"].items():
            if name not in known:
                yield f"{where}: there is no transform {nearest(name, known)}"
                continue
            allowed = plugins.constant("transforms", name, "PARAMETERS")
            yield from (f"{where}.{name}: unknown key {nearest(key, allowed)}" for key in given if key not in allowed)


def _classes(training):
    of_type = {}
    for name, types in training["classes"].items():
        for kind in types:
            if kind in of_type:
                yield f"training.classes: {kind!r} is in both {of_type[kind]!r} and {name!r}"
            of_type.setdefault(kind, name)


def _oversampled(config):
    """Yield a line for each model that reads light curves although artificial objects, which have none, are made."""
    if config["training"]["oversample"] == "none":
        return
    learners = plugins.names("learners")
    for name, block in config["models"].items():
        if not block["enabled"] or block["learner"] not in learners:
            continue
        if set(plugins.constant("learners", block["learner"], "NEEDS")) - {"features"}:
            yield (
                f"training.oversample: models.{name} reads light curves, and artificial objects have none; "
                f"set its `enabled` to false, or oversample to none"
            )


def _decisions(config):
    if config["threshold"]["rule"] == "maximum_expected_f1" and config["calibration"]["method"] == "none":
        yield "threshold.rule: maximum_expected_f1 needs a calibration.method, platt or isotonic"
    for name, block in config["ensembles"].items():
        if "step" in block and abs(1.0 / block["step"] - round(1.0 / block["step"])) > 1e-6:
            yield f"ensembles.{name}.step: expected 1 over a whole number, found {block['step']:g}"


def _repeats(config):
    drawn = config["folds"]["repeats"]
    blocks = {
        "evaluation.nested": config["evaluation"]["nested"],
        "evaluation.learning_curve": config["evaluation"]["learning_curve"],
        "evaluation.tree": config["evaluation"]["tree"],
        "ablation": config["ablation"],
        "rocket": config["rocket"],
    }
    fresh = config["fresh"]
    if fresh["nested"] > fresh["draws"]:
        yield f"fresh.nested: expected at most fresh.draws, {fresh['draws']}, found {fresh['nested']}"
    if "configured" in fresh["variants"]:
        yield "fresh.variants: 'configured' is the name of what is submitted; give the variant another"
    for where, block in blocks.items():
        if block["repeats"] > drawn:
            yield f"{where}.repeats: expected at most folds.repeats, {drawn}, found {block['repeats']}"
