"""The jobs of `networks_gpu.py`: what is compared first, and what is scored of it on other draws of folds."""

import json

__all__ = ["ENCODERS", "confirmed", "early_jobs", "first_jobs", "plain_jobs"]

ENCODERS = ("tcn", "swin", "transformer", "atat", "cnn", "rnn")
ALTERED = {"drop": 0.3, "bands": 0.05, "noise": 0.5, "shift": 3.0}
ONE_BY_ONE = {"learning_rate": 5e-4, "epochs": 20}


def _job(stage, model, features, name, folds, seeds, **more):
    job = {"stage": stage, "model": model, "features": features, "name": name, "folds": folds, "seeds": seeds}
    return job | {"plan": {}, "params": {}, "pretrain": None} | more


def _alone(simulated):
    """Yield (name, what it changes) of what is tried for light curves alone."""
    yield "as shipped", {}
    yield "altered", {"plan": ALTERED}
    if simulated:
        first = {"epochs": 30, "learning_rate": 2e-3}
        yield "pretrained, 5e-4", {"pretrain": first, "plan": ONE_BY_ONE}
        yield "pretrained, 1e-3", {"pretrain": first, "plan": {"learning_rate": 1e-3, "epochs": 40}}
        yield "pretrained, 2e-4", {"pretrain": first, "plan": {"learning_rate": 2e-4, "epochs": 15}}
        yield "pretrained, altered, 5e-4", {"pretrain": {**first, **ALTERED}, "plan": {**ONE_BY_ONE, **ALTERED}}
        yield "pretrained altered, 5e-4", {"pretrain": {**first, **ALTERED}, "plan": ONE_BY_ONE}
        yield "beside simulated, 0.3", {"joint": 0.3, "plan": {"epochs": 25}}
        yield "beside simulated, 0.1", {"joint": 0.1, "plan": {"epochs": 25}}
        yield (
            "pretrained, beside simulated, 0.1",
            {"joint": 0.1, "pretrain": first, "plan": {"learning_rate": 5e-4, "epochs": 15}},
        )
        wide = {"dropout": 0.4, "hidden": 64}
        yield "pretrained, more dropout, 5e-4", {"pretrain": first, "plan": ONE_BY_ONE, "params": wide}


def _beside(simulated):
    """Yield (name, what it changes) of what is tried beside features."""
    yield "as shipped", {}
    yield "altered", {"plan": ALTERED}
    slow = {"learning_rate": 1e-3, "batch_size": 64, "epochs": 20}
    yield "as the perceptron", {"plan": {**slow, "weight_decay": 1.0}, "params": {"hidden": 32, "dropout": 0.4}}
    yield "half the epochs, dropout", {"plan": {"epochs": 20}, "params": {"dropout": 0.5}}
    yield "penalty 0.5", {"plan": {"weight_decay": 0.5}}
    yield "penalty 2", {"plan": {"weight_decay": 2.0}, "params": {"dropout": 0.3}}
    if simulated:
        first = {"epochs": 30, "learning_rate": 2e-3}
        yield "pretrained curve", {"pretrain": first, "plan": {**slow, "weight_decay": 0.5}, "params": {"dropout": 0.4}}


def first_jobs(simulated):
    """Return what is compared, on the draws for choosing, two seeds each; the most wanted first."""
    jobs = []
    for model, features in (
        ("tcn", "curve"),
        ("swin", "short"),
        ("tcn", "short"),
        ("swin", "curve"),
        ("transformer", "short"),
        ("transformer", "curve"),
    ):
        tried = _alone(simulated) if features == "curve" else _beside(simulated)
        jobs += [_job("first", model, features, name, "choose_grouped", 2, **more) for name, more in tried]
    return jobs


def plain_jobs():
    """Return the perceptrons and linear models, on the draws that are reported."""
    jobs = []
    for folds in ("report_grouped", "report_stratified"):
        for features in ("short", "new", "all"):
            jobs.append(_job("last", "mlp", features, "perceptron", folds, 5, kind="plain"))
            jobs.append(_job("last", "linear", features, "linear", folds, 1, kind="plain"))
    return jobs


def confirmed(lines, early):
    """Return what is scored on other draws: of each model the best that was tried, all as shipped, and pairs.

    lines: results of `first_jobs`. early: whether there are copies at all ages.
    """
    best = {}
    for line in lines:
        key = (line["model"], line["features"])
        if key not in best or sum(line["ap"]) > sum(best[key]["ap"]):
            best[key] = line
    order = sorted(best.values(), key=lambda line: -sum(line["ap"]))
    jobs = []
    for line in order:
        more = {name: line[name] for name in ("plan", "params", "pretrain", "joint") if name in line}
        name, seeds = f"best: {line['name']}", 3 if line["model"] == "transformer" else 5
        jobs.append(_job("last", line["model"], line["features"], name, "report_grouped", seeds, **more))
        if line["features"] == "short":
            jobs.append(_job("last", line["model"], "new", name, "report_grouped", seeds, **more))
    for features in ("short", "curve"):
        for model in ENCODERS:
            jobs.append(_job("last", model, features, "as shipped", "report_grouped", 3))
            jobs.append(_job("last", model, features, "as shipped", "report_stratified", 1))
    for line in order:
        more = {name: line[name] for name in ("plan", "params", "pretrain", "joint") if name in line}
        jobs.append(
            _job("last", line["model"], line["features"], f"best: {line['name']}", "report_stratified", 3, **more)
        )
    pairs = {"hierarchical": {"loss": "hierarchical"}, "focal": {"loss": "focal"}, "altered": ALTERED}
    for name, plan in pairs.items():
        for model, features in (("tcn", "curve"), ("tcn", "short"), ("swin", "short"), ("transformer", "short")):
            jobs.append(_job("last", model, features, name, "report_grouped", 3, plan=plan))
    unique = {json.dumps(job, sort_keys=True): job for job in jobs}
    order = list(unique.values())
    return [*order[:6], *(early_jobs() if early else []), *order[6:]]


def early_jobs():
    """Return the networks that learn from copies at all ages."""
    plan = {"epochs": 12, "batch_size": 256}
    return [
        _job("early", "tcn", features, "copies", "shipped", 3, plan=plan, kind="early") for features in ("curve", "new")
    ]
