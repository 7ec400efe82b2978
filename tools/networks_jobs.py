"""The jobs of `networks_gpu.py`: what is compared first, and what is scored of it on other draws of folds."""

import json

__all__ = [
    "ENCODERS",
    "confirmed",
    "early_jobs",
    "first_jobs",
    "plain_jobs",
    "strict_confirmed",
    "strict_jobs",
    "table_jobs",
]

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


def _beside():
    """Yield (name, what it changes) of what is tried beside features."""
    yield "as shipped", {}
    yield "altered", {"plan": ALTERED}
    slow = {"learning_rate": 1e-3, "batch_size": 64, "epochs": 20}
    yield "as the perceptron", {"plan": {**slow, "weight_decay": 1.0}, "params": {"hidden": 32, "dropout": 0.4}}
    yield "half the epochs, dropout", {"plan": {"epochs": 20}, "params": {"dropout": 0.5}}
    yield "penalty 0.5", {"plan": {"weight_decay": 0.5}}
    yield "penalty 2", {"plan": {"weight_decay": 2.0}, "params": {"dropout": 0.3}}


def strict_jobs():
    """Return what is compared beside features in a second run, under strong penalties; the most wanted first."""
    slow = {"learning_rate": 1e-3, "batch_size": 64, "epochs": 20, **ALTERED}
    first, small = {"epochs": 30, "batch_size": 128, "learning_rate": 2e-3, "weight_decay": 0.05}, {"hidden": 32}
    begun = {"pretrain": first, "params": {**small, "dropout": 0.4}}
    plain = {"params": {**small, "dropout": 0.4}}
    tried = [
        ("tcn", "pretrained, penalty 20", {**begun, "plan": {**slow, "weight_decay": 20.0}}),
        ("tcn", "pretrained, penalty 5", {**begun, "plan": {**slow, "weight_decay": 5.0}}),
        ("tcn", "penalty 20", {**plain, "plan": {**slow, "weight_decay": 20.0}}),
        ("tcn", "pretrained, penalty 60", {**begun, "plan": {**slow, "weight_decay": 60.0}}),
        ("tcn", "pretrained, 5e-4", {**begun, "plan": {**ONE_BY_ONE, **ALTERED}}),
        ("transformer", "penalty 20", {**plain, "plan": {**slow, "weight_decay": 20.0}}),
        ("tcn", "pretrained, penalty 20, 12 epochs", {**begun, "plan": {**slow, "weight_decay": 20.0, "epochs": 12}}),
        ("tcn", "pretrained, penalty 20, 40 epochs", {**begun, "plan": {**slow, "weight_decay": 20.0, "epochs": 40}}),
        ("swin", "penalty 20", {**plain, "plan": {**slow, "weight_decay": 20.0}}),
    ]
    return [_job("first", model, "short", name, "choose_grouped", 2, **more) for model, name, more in tried]


def strict_confirmed(lines):
    """Return what is scored of `strict_jobs` on other draws: the best of all."""
    best = max(lines, key=lambda line: sum(line["ap"]))
    more = {name: best[name] for name in ("plan", "params", "pretrain")}
    name, model = f"best: {best['name']}", best["model"]
    return [
        _job("last", model, features, name, folds, 3, **more)
        for features, folds in (("short", "report_grouped"), ("new", "report_grouped"), ("short", "report_stratified"))
    ]


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
        tried = _alone(simulated) if features == "curve" else _beside()
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


def table_jobs():
    """Return (jobs of stacked networks, jobs of networks that learn one at a time).

    The first are all encoders as shipped, by both protocols; the second what masks bring, and members for ensembles.
    """
    table = [
        _job("last", model, features, "as shipped", f"report_{protocol}", 1)
        for features, protocol in (
            ("short", "stratified"),
            ("short", "grouped"),
            ("curve", "stratified"),
            ("curve", "grouped"),
        )
        for model in ("atat", "rnn", "cnn", "transformer", "swin", "tcn")
    ]
    fine = {"learning_rate": 2e-3, "fine_rate": 0.25, "epochs": 20}
    beside = {"curve": 0.2, "hidden": 32, **ALTERED}
    known = {"first": "sim", "first_epochs": 30, **fine}
    one = [("tcn", name, "curve", "grouped", params) for name, params in _masked(known)]
    for protocol in ("grouped", "stratified"):
        one.append(("tcn", "beside", "short", protocol, beside))
        one.append(("tcn", "pretrained, altered", "curve", protocol, {**known, **ALTERED}))
    one += [
        ("tcn", "as shipped", "curve", "stratified", {}),
        ("tcn", "masks of unlabelled 30, rate 0.5", "curve", "stratified", _masks_of("other", 30, 0.5)),
        ("tcn", "masks of unlabelled 30, rate 1", "curve", "stratified", _masks_of("other", 30, 1.0)),
        ("tcn", "masks of unlabelled 100, rate 1", "curve", "stratified", _masks_of("other", 100, 1.0)),
    ]
    one += [("transformer", name, "curve", "grouped", params) for name, params in list(_masked(known))[:4]]
    return table, [
        _job("last", model, features, name, f"report_{protocol}", 1, params=params, kind="one")
        for model, name, features, protocol, params in one
    ]


def _masks_of(kind, epochs, rate):
    return {"first": kind, "first_masked_epochs": epochs, "fine_rate": rate}


def _masked(known):
    """Yield (name, parameters) of what is tried with masks, beside nothing and beside classes of simulated objects."""
    yield "as shipped", {}
    yield "masks 20", {"masked_epochs": 20}
    yield "masks of simulated 30, rate 1", _masks_of("sim", 30, 1.0)
    yield "masks 30 and classes of simulated", {**known, "first_masked_epochs": 30}
    yield "classes of simulated", known
    yield "masks of simulated 30, rate 0.5", _masks_of("sim", 30, 0.5)
    yield "masks 60", {"masked_epochs": 60}
    yield "masks of simulated 100, rate 1", _masks_of("sim", 100, 1.0)
