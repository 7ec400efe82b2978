"""Train networks on many draws of folds at once, on a GPU or without one; print scores and the time of an epoch.

    PYTHONPATH=src python tools/networks_gpu.py light_curves.npz OUT [--seconds 400] [--workers 12] [--smoke]

Needs numpy, scipy, scikit-learn and torch alone. The file holds what `mallorn.learners.networks.views` makes of real
objects (real_*) and simulated ones (sim_*), their features (table), classes, events and folds. OUT gets, for each model
and draw, out-of-fold probabilities as npz, and results.jsonl with a line for each. Jobs stand in the order of what is
to be known first; those that do not begin in time are left out.
"""

import argparse
import importlib
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from mallorn.learners.networks import frame
from mallorn.learners.networks.network import Sizes
from mallorn.learners.networks.training import choose_device, probabilities_of, train
from mallorn.learning.transforms.normal_scores import fit_scaling
from mallorn.seeds import derived_seed

ENCODERS = ("tcn", "transformer", "cnn", "rnn", "atat", "swin")
ALTERED = {"drop": 0.3, "bands": 0.05, "noise": 0.5, "shift": 3.0}
BESIDE = {"curve": "", "short": "hypotheses__*", "both": "hypotheses__* color__*", "all": "*"}
"""Patterns of the features beside the light curve; its redshift and luminosity always are."""

EXTRAS = {
    "altered": ALTERED,
    "focal": {"loss": "focal"},
    "balanced": {"balance": 0.5},
    "pretrained": {"pretrained": True},
    "pretrained_altered": {"pretrained": True, **ALTERED},
    "epochs_20": {"epochs": 20},
    "epochs_100": {"epochs": 100},
    "slower": {"learning_rate": 7e-4},
    "sampled": {"sampling": 0.5},
}
DATA = {}


def begin(path):
    """Read the file into `DATA`, once in each process."""
    torch.set_num_threads(1)
    with np.load(path, allow_pickle=False) as found:
        DATA.update({name: found[name] for name in found.files})
    for kind in ("real", "sim"):
        for name in ("grid", "tokens"):
            DATA[f"{kind}_{name}"] = DATA[f"{kind}_{name}"].astype(np.float32)
        DATA[f"{kind}_slot"] = DATA[f"{kind}_slot"].astype(np.int64)


def jobs(seeds):
    """Return the jobs (model, features, extra, protocol, draw, seed) in order."""
    draws = [("grouped", k) for k in range(3)] + [("stratified", k) for k in range(3)]
    found = [("mlp", features, "", *draw, 0) for features in BESIDE for draw in draws]
    found += [("linear", "short", "", *draw, 0) for draw in draws[:3]]
    for draw in draws[:3]:
        found += [(model, features, "", *draw, 0) for features in ("curve", "short") for model in ENCODERS]
    for extra in EXTRAS:
        found += [
            (model, features, extra, *draw, 0)
            for features in ("curve", "short")
            for model in ("tcn", "transformer")
            for draw in draws[:3]
        ]
    found += [(m, features, "", *draw, 0) for features in ("short", "curve") for draw in draws[3:] for m in ENCODERS]
    for seed in range(1, seeds):
        found += [(m, f, "", *draw, seed) for f in ("short", "curve") for draw in draws[:3] for m in ENCODERS]
        found += [("mlp", f, "", *draw, seed) for f in ("short", "all") for draw in draws[:3]]
    return found


def columns(features):
    """Return the numbers of the features of a list of `BESIDE`."""
    patterns = BESIDE[features].split()
    return [k for k, name in enumerate(DATA["columns"]) if any(fnmatchcase(str(name), p) for p in patterns)]


def arrays(kind, rows, features, scaling, needs):
    """Return what a network reads of the objects `rows` of a kind, real or sim."""
    values = scaling.transform(DATA[f"{kind}_table"][rows][:, columns(features)])
    found = {"features": np.hstack([DATA[f"{kind}_scalars"][rows], values]).astype(np.float32)}
    return found | {name: DATA[f"{kind}_{name}"][rows] for name in needs}


def job(task):
    """Return the line of results of a job, and its out-of-fold probabilities (n, C)."""
    model, features, extra, protocol, draw, seed = task
    fold, classes, begun = DATA[f"fold_{protocol}"][draw], DATA["classes"], time.monotonic()
    probability = np.zeros((len(classes), len(DATA["names"])))
    about = {"model": model, "features": features, "extra": extra, "protocol": protocol, "draw": draw, "seed": seed}
    one = _other if model in ("mlp", "linear") else _Network(model, features, extra, derived_seed(seed, *task[:5]))
    for k in np.unique(fold):
        held = np.flatnonzero(fold == k)
        given = (np.flatnonzero(fold != k), held, classes, features)
        probability[held], more = one(*given, derived_seed(seed, *task[:5], k), model)
    about |= more | {"seconds": time.monotonic() - begun}
    return about | scores(probability[:, 0], classes == 0, fold), probability


def _other(train_rows, held, classes, features, seed, model):
    """Return probabilities by the shipped perceptron, or by a linear model, on the features alone."""
    table = DATA["real_table"][:, columns(features)]
    scaling = fit_scaling(table[train_rows])
    x, z = (np.hstack([DATA["real_scalars"][rows], scaling.transform(table[rows])]) for rows in (train_rows, held))
    if model == "linear":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=0.03, max_iter=300).fit(x, classes[train_rows]).predict_proba(z), {}
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((32,), random_state=seed, alpha=1.0, learning_rate_init=0.001, batch_size=64)
    for _ in range(20):
        network.partial_fit(x, classes[train_rows], classes=np.arange(len(DATA["names"])))
    return network.predict_proba(z), {"parameters": sum(w.size for w in network.coefs_ + network.intercepts_)}


class _Network:
    """A network of one job: pretrained once, if at all, and then fitted to each part."""

    def __init__(self, model, features, extra, seed):
        self.module = importlib.import_module(f"mallorn.learners.{model}")
        self.features, more = features, dict(EXTRAS.get(extra, {}))
        pretrained, self.balance = more.pop("pretrained", False), more.pop("balance", 0.0)
        self.params = {**frame.COMMON, **self.module.DEFAULTS, **more}
        self.plan, self.device = frame.plan_of(self.params), choose_device()
        self.scaling = self.weights = None
        if pretrained:
            self.scaling = fit_scaling(DATA["sim_table"][:, columns(features)])
            rows = np.arange(len(DATA["sim_classes"]))
            network, _ = self.trained(arrays("sim", rows, features, self.scaling, self.module.READS), None, seed)
            self.weights = network.state_dict()

    def trained(self, given, classes, seed):
        """Return (a network fitted to arrays, its losses); classes None for those of the simulated objects."""
        classes = DATA["sim_classes"] if classes is None else classes
        shape = given["grid"].shape[1:] if "grid" in given else (0, 0)
        sizes = Sizes(given["features"].shape[1], *shape, len(DATA["names"]))
        network = frame.build(self.module.Encoder, self.params, sizes, seed)
        plan = self.plan
        if self.weights is not None:
            network.load_state_dict(self.weights)
            plan = plan._replace(learning_rate=plan.learning_rate / 2)
        weight = np.bincount(classes, minlength=sizes.classes)[classes].astype(float) ** -self.balance
        return train(network, given, classes, weight / weight.mean(), plan, seed, self.device)

    def __call__(self, train_rows, held, classes, features, seed, model):
        """Return (probabilities of the objects held out, {"parameters", "loss"})."""
        needs, scaling = self.module.READS, self.scaling
        if scaling is None:
            scaling = fit_scaling(DATA["real_table"][train_rows][:, columns(features)])
        network, losses = self.trained(arrays("real", train_rows, features, scaling, needs), classes[train_rows], seed)
        found = probabilities_of(network, arrays("real", held, features, scaling, needs), self.device)
        return found, {"parameters": sum(p.numel() for p in network.parameters()), "loss": losses[-1]}


def scores(probability, target, fold):
    """Return average precision, and F1 with the threshold of each fold chosen on the others."""
    from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

    decided = np.zeros(len(target), dtype=bool)
    for k in np.unique(fold):
        others = fold != k
        precision, recall, at = precision_recall_curve(target[others], probability[others])
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        decided[~others] = probability[~others] >= at[min(int(np.argmax(f1)), len(at) - 1)]
    return {"ap": average_precision_score(target, probability), "f1": f1_score(target, decided)}


def epochs(path):
    """Print the seconds of an epoch of two encoders, on the GPU and on one CPU thread, beside nothing else."""
    begin(path)
    rows, classes = np.flatnonzero(DATA["fold_grouped"][0] != 0), DATA["classes"]
    for model in ENCODERS[:2]:
        for device in dict.fromkeys([choose_device(), "cpu"]):
            one = _Network(model, "short", "", 0)
            one.device = device
            scaling, seconds = fit_scaling(DATA["real_table"][rows][:, columns("short")]), []
            given = arrays("real", rows, "short", scaling, one.module.READS)
            for number in (1, 2, 22) if device != "cpu" else (1, 2, 3):  # the first starts what is slow to start
                one.plan, start = one.plan._replace(epochs=number), time.monotonic()
                one.trained(given, classes[rows], 0)
                seconds.append(time.monotonic() - start)
            each = (seconds[2] - seconds[1]) / (20 if device != "cpu" else 1)
            print(
                f"epoch of {model}, {len(rows)} objects, {device}: {each:.3f} s, first {seconds[0]:.1f} s", flush=True
            )


def table(lines):
    """Print the mean over draws of each model."""
    groups = {}
    for line in lines:
        groups.setdefault((line["protocol"], line["features"], line["model"], line["extra"]), []).append(line)
    for key, found in sorted(groups.items(), key=lambda item: (item[0][:2], -np.mean([x["ap"] for x in item[1]]))):
        ap, f1 = ([line[name] for line in found] for name in ("ap", "f1"))
        seconds = np.mean([line["seconds"] for line in found])
        each = " ".join(f"{value:.3f}" for value in ap)
        name = " ".join(filter(None, key))
        print(f"{name:45s} AP {np.mean(ap):.3f} ({each}) F1 {np.mean(f1):.3f} {seconds:.0f} s", flush=True)


def main():
    """Run the jobs that there is time for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=400.0)
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 12))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="one draw of each encoder, and no times of epochs")
    parser.add_argument("--no-epochs", action="store_true", help="no times of epochs")
    given = parser.parse_args()
    begun, out = time.monotonic(), Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    print(f"torch {torch.__version__}, device {choose_device()}, {os.cpu_count()} cores", flush=True)
    wanted = jobs(given.seeds)
    if given.smoke:
        wanted = [task for task in wanted if task[3:] == ("grouped", 0, 0) and task[2] in ("", "pretrained")]
    elif not given.no_epochs:
        epochs(given.data)
    lines, left = [], iter(wanted)
    context = get_context("spawn")
    with (
        ProcessPoolExecutor(given.workers, context, begin, (given.data,)) as pool,
        open(out / "results.jsonl", "a", encoding="utf-8") as log,
    ):
        running = {pool.submit(job, task): task for task, _ in zip(left, range(given.workers), strict=False)}
        while running:
            done = next(as_completed(running))
            task = running.pop(done)
            if time.monotonic() - begun < given.seconds and (more := next(left, None)):
                running[pool.submit(job, more)] = more
            try:
                line, probability = done.result()
            except Exception as error:  # one that fails is told, and the others go on
                print(f"{task}: {type(error).__name__}: {str(error)[:300]}", flush=True)
                continue
            lines.append(line)
            log.write(json.dumps(line) + "\n")
            log.flush()
            np.savez_compressed(out / ("_".join(map(str, task)) + ".npz"), probability=probability.astype(np.float32))
            name = " ".join(map(str, task))
            print(f"{time.monotonic() - begun:5.0f} s {name:45s} AP {line['ap']:.3f} F1 {line['f1']:.3f}", flush=True)
    table(lines)
    print(f"{len(lines)} of {len(wanted)} jobs, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
