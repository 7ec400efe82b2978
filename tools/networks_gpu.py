"""Train networks on many draws of folds at once, on a GPU or without one; print scores and the time of an epoch.

    PYTHONPATH=src python tools/networks_gpu.py FILE.npz OUT [--seconds 480] [--workers 3] [--smoke]

Needs numpy, scipy, scikit-learn and torch alone. The file is that of `networks_data.py`. What is tried is
compared on some draws of folds; of each kind of model the best is then scored on others. OUT gets results.jsonl, with a
line for each job, and probabilities.bin, out-of-fold probabilities in half precision; a line says where its own are.
Jobs stand in the order of what is to be known first; those that do not begin in time are left out.
"""

import argparse
import importlib
import json
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from networks_jobs import confirmed, first_jobs, plain_jobs, strict_confirmed, strict_jobs, table_jobs
from stacked import Stack, prepare

from mallorn.learners.networks import frame
from mallorn.learners.networks.filling import fill
from mallorn.learners.networks.network import Sizes
from mallorn.learners.networks.training import choose_device, probabilities_of, train
from mallorn.learning.transforms.normal_scores import fit_scaling
from mallorn.seeds import derived_seed

BESIDE = {"curve": "", "short": "hypotheses__*", "new": "hypotheses__* semi_parametric__*", "all": "*"}
"""Patterns of the features beside the light curve; its redshift and luminosity always are."""

DATA = {}


def begin(path, plain=False):
    """Read the file into `DATA`, once in each process. plain: leave the layers as they are."""
    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = True
    if not plain:
        prepare()
    with np.load(path, allow_pickle=False) as found:
        DATA.update({name: found[name] for name in found.files})
    DATA["real_classes"] = DATA["classes"]
    for name in [name for name in DATA if name.endswith(("_grid", "_tokens"))]:
        DATA[name] = DATA[name].astype(np.float32)
    for name in [name for name in DATA if name.endswith("_slot")]:
        DATA[name] = DATA[name].astype(np.int64)


def columns(features):
    """Return the numbers of the features of a list of `BESIDE`."""
    patterns = BESIDE[features].split()
    return [k for k, name in enumerate(DATA["columns"]) if any(fnmatchcase(str(name), p) for p in patterns)]


def encoder(model):
    """Return (module, parameters) of an encoder as shipped."""
    module = importlib.import_module(f"mallorn.learners.{model}")
    return module, {**frame.COMMON, **module.DEFAULTS}


def built(model, params, width, kind, number, seed):
    """Return `number` networks for objects of a kind, with `width` features beside."""
    module = encoder(model)[0]
    shape = DATA[f"{kind}_grid"].shape[1:] if "grid" in module.READS else (0, 0)
    sizes = Sizes(width, *shape, len(DATA["names"]))
    return [frame.build(module.Encoder, params, sizes, derived_seed(seed, "network", k)) for k in range(number)]


def arrays(model, kinds, device):
    """Return {name: tensor} of what an encoder reads of the objects of kinds, one after another."""
    names = encoder(model)[0].READS
    return {name: torch.as_tensor(joined(name, kinds), device=device) for name in names}


def joined(name, kinds):
    """Return an array of the objects of kinds, one after another."""
    return np.concatenate(
        [DATA["classes" if f"{kind}_{name}" == "real_classes" else f"{kind}_{name}"] for kind in kinds]
    )


def pretrained(job, number, device, seed):
    """Return {name: (number, ...)} weights of networks that learned from simulated objects alone, by light curves."""
    plan, params = {**job["plan"], **job["pretrain"]}, {**encoder(job["model"])[1], **job["params"]}
    networks = built(job["model"], params, 3, "sim", number, seed)
    features = torch.as_tensor(DATA["sim_scalars"], device=device)[None]
    stack = Stack(networks, arrays(job["model"], ["sim"], device), features, DATA["sim_classes"], device)
    n = len(DATA["sim_classes"])
    stack.train(frame.plan_of(plan), [np.arange(n)] * number, np.ones((1, n)), seed % 2**31)
    return stack.mean


def job_of_folds(job):
    """Return (line of results, out-of-fold probabilities (seeds, draws, n, C)) of networks on all draws of folds."""
    device, begun = choose_device(), time.monotonic()
    folds, seeds, joint = DATA[f"fold_{job['folds']}"], job["seeds"], job.get("joint", 0.0)
    fits = [(s, d, k) for s in range(seeds) for d in range(len(folds)) for k in np.unique(folds[d])]
    n, kinds = len(DATA["classes"]), ["real", "sim"] if joint else ["real"]
    chosen = columns(job["features"])
    if chosen:
        scaled = {}
        for _, d, k in fits:
            if (d, k) not in scaled:
                table = DATA["real_table"][:, chosen]
                scaled[d, k] = fit_scaling(table[folds[d] != k]).transform(table).astype(np.float32)
        features = [torch.as_tensor(np.hstack([DATA["real_scalars"], scaled[d, k]])) for _, d, k in fits]
        features = torch.stack(features).to(device)
    else:
        features = torch.as_tensor(joined("scalars", kinds), device=device)[None]
    params = {**encoder(job["model"])[1], **job["params"]}
    seed = derived_seed(0, json.dumps(job, sort_keys=True)) % 2**31
    networks = built(job["model"], params, features.shape[2], "real", len(fits), seed)
    classes = joined("classes", kinds)
    stack = Stack(networks, arrays(job["model"], kinds, device), features, classes, device)
    if job["pretrain"] is not None:
        weights = pretrained(job, seeds, device, seed)
        which = torch.as_tensor([s for s, _, _ in fits], device=device)
        same = {
            m: w[which] for m, w in weights.items() if m in stack.params and w.shape[1:] == stack.params[m].shape[1:]
        }
        stack.begin_from(same if not chosen else {m: w for m, w in same.items() if m.startswith("encoder.")})
    pools = [np.concatenate([np.flatnonzero(folds[d] != k), np.arange(n, len(classes))]) for _, d, k in fits]
    weight = np.where(np.arange(len(classes)) < n, 1.0, joint)[None]
    levels = torch.as_tensor(DATA["levels"], device=device)
    history = stack.train(frame.plan_of({**params, **job["plan"]}), pools, weight, seed, levels)
    found = stack.predict(np.arange(n))
    probability = np.zeros((seeds, len(folds), n, len(DATA["names"])))
    for (s, d, k), of_fit in zip(fits, found, strict=True):
        probability[s, d, folds[d] == k] = of_fit[folds[d] == k]
    line = {"parameters": sum(p.numel() for p in networks[0].parameters()), "loss": history[-1], "fits": len(fits)}
    return line | scored(probability, folds) | {"seconds": time.monotonic() - begun}, probability


def job_one(job):
    """Return (line, probabilities (seeds, draws, n, C)) of networks that learn one at a time, as in the workflow.

    Their parameters say all, `first`, `first_masked_epochs` and `first_epochs` too: the objects ("sim", "other") that
    they learn from first, and how. The seconds are those of all fits, beside other processes.
    """
    device, begun, folds = choose_device(), time.monotonic(), DATA[f"fold_{job['folds']}"]
    params, chosen = {**encoder(job["model"])[1], **job["params"]}, columns(job["features"])
    classes, probability = DATA["classes"], np.zeros((job["seeds"], *folds.shape, len(DATA["names"])))
    for s in range(job["seeds"]):
        first = first_network(job["model"], params, derived_seed(s, "first"), device) if "first" in params else {}
        for d, fold in enumerate(folds):
            for k in np.unique(fold):
                rows, seed = np.flatnonzero(fold != k), derived_seed(s, d, int(k))
                scaled = fit_scaling(DATA["real_table"][rows][:, chosen]).transform(DATA["real_table"][:, chosen])
                features = np.hstack([DATA["real_scalars"], scaled]).astype(np.float32)
                given = {name: DATA[f"real_{name}"] for name in encoder(job["model"])[0].READS} | {"features": features}
                inside = {name: values[rows] for name, values in given.items()}
                network, plan = (
                    built(job["model"], params, features.shape[1], "real", 1, seed)[0],
                    frame.plan_of(params),
                )
                if first:
                    taken = {name: w for name, w in first.items() if not chosen or name.startswith("encoder.")}
                    network.load_state_dict({**network.state_dict(), **taken})
                    plan = plan._replace(learning_rate=plan.learning_rate * params["fine_rate"])
                if params["masked_epochs"]:
                    fill(network, inside, params, plan, seed, device, None)
                network, _ = train(network, inside, classes[rows], np.ones(len(rows)), plan, seed, device)
                out = {name: values[fold == k] for name, values in given.items()}
                probability[s, d, fold == k] = probabilities_of(network, out, device)
    line = {"fits": folds.shape[0] * job["seeds"] * len(np.unique(folds[0]))}
    return line | scored(probability, folds) | {"seconds": time.monotonic() - begun}, probability


def first_network(model, params, seed, device):
    """Return the weights of a network that has learned from objects without features: from masks, then from classes."""
    kind = params["first"]
    network = built(model, params, 3, kind, 1, seed)[0]
    given = {name: DATA[f"{kind}_{name}"] for name in encoder(model)[0].READS} | {"features": DATA[f"{kind}_scalars"]}
    plan = frame.plan_of({**params, "epochs": params.get("first_epochs", 0)})
    if params.get("first_masked_epochs"):
        fill(network, given, {**params, "masked_epochs": params["first_masked_epochs"]}, plan, seed, device, None)
    if plan.epochs:
        classes = DATA[f"{kind}_classes"]
        network, _ = train(network, given, classes, np.ones(len(classes)), plan, seed, device)
    return {name: weights.cpu() for name, weights in network.state_dict().items()}


def job_early(job):
    """Return (line, probabilities (seeds, copies, C)) of a network that learns from copies at all ages."""
    device, begun = choose_device(), time.monotonic()
    row, fold = DATA["early_row"], DATA["fold_shipped"]
    here = fold[row]
    fits = [(s, k) for s in range(job["seeds"]) for k in np.unique(fold)]
    params = {**encoder(job["model"])[1], **job["params"]}
    table, features = DATA["early_table"], []
    for _, k in fits:
        values = fit_scaling(table[here != k]).transform(table).astype(np.float32) if job["features"] != "curve" else 0
        more = [values] if job["features"] != "curve" else []
        features.append(torch.as_tensor(np.hstack([DATA["early_scalars"], *more])))
    features = torch.stack(features).to(device)
    networks = built(job["model"], params, features.shape[2], "early", len(fits), 7)
    stack = Stack(networks, arrays(job["model"], ["early"], device), features, DATA["classes"][row], device)
    weight = 1.0 / np.bincount(row)[row]
    stack.train(frame.plan_of({**params, **job["plan"]}), [np.flatnonzero(here != k) for _, k in fits], weight[None], 7)
    found, probability = stack.predict(np.arange(len(row))), np.zeros((job["seeds"], len(row), len(DATA["names"])))
    for (s, k), of_fit in zip(fits, found, strict=True):
        probability[s, here == k] = of_fit[here == k]
    from sklearn.metrics import average_precision_score

    target, mean = DATA["classes"][row] == 0, probability.mean(axis=0)[:, 0]
    ages = {str(age): DATA["early_cut"] == age for age in np.unique(DATA["early_cut"])}
    ap = [average_precision_score(target[age], mean[age]) for age in ages.values()]
    return {"ages": list(ages), "ap": ap, "fits": len(fits), "seconds": time.monotonic() - begun}, probability


def job_plain(job):
    """Return (line, probabilities) of a perceptron or a linear model on the features alone; on a core."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    folds, begun, classes, parameters = DATA[f"fold_{job['folds']}"], time.monotonic(), DATA["classes"], 0
    table = DATA["real_table"][:, columns(job["features"])]
    probability = np.zeros((job["seeds"], len(folds), len(classes), len(DATA["names"])))
    for d, fold in enumerate(folds):
        for k in np.unique(fold):
            inside = fold != k
            x = np.hstack([DATA["real_scalars"], fit_scaling(table[inside]).transform(table)])
            for s in range(job["seeds"]):
                if job["model"] == "linear":
                    model = LogisticRegression(C=0.03, max_iter=300).fit(x[inside], classes[inside])
                    parameters = model.coef_.size + model.intercept_.size
                else:
                    seed = derived_seed(s, d, int(k)) % 2**31
                    model = MLPClassifier((32,), random_state=seed, alpha=1.0, batch_size=64)
                    for _ in range(20):
                        model.partial_fit(x[inside], classes[inside], classes=np.arange(len(DATA["names"])))
                    parameters = sum(w.size for w in model.coefs_ + model.intercepts_)
                probability[s, d, ~inside] = model.predict_proba(x[~inside])
    line = {"parameters": parameters, "fits": job["seeds"] * sum(len(np.unique(fold)) for fold in folds)}
    return line | scored(probability, folds) | {"seconds": time.monotonic() - begun}, probability


def run(job):
    """Return what a job finds."""
    kinds = {"early": job_early, "plain": job_plain, "one": job_one}
    return kinds.get(job.get("kind"), job_of_folds)(job)


def scored(probability, folds):
    """Return AP and crossed F1 of each draw, of the mean over seeds, and the mean AP of seeds alone."""
    from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

    target, found = DATA["classes"] == 0, {"ap": [], "f1": [], "ap_one": []}
    for d, fold in enumerate(folds):
        p, decided = probability[:, d, :, 0].mean(axis=0), np.zeros(len(target), dtype=bool)
        for k in np.unique(fold):
            others = fold != k
            precision, recall, at = precision_recall_curve(target[others], p[others])
            f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
            decided[~others] = p[~others] >= at[min(int(np.argmax(f1)), len(at) - 1)]
        found["ap"].append(average_precision_score(target, p))
        found["f1"].append(f1_score(target, decided))
        found["ap_one"].append(np.mean([average_precision_score(target, one[d, :, 0]) for one in probability]))
    return found


def epochs(path):
    """Print the seconds of an epoch of encoders as they are, on the GPU and on one CPU thread, beside nothing else."""
    begin(path, plain=True)
    rows, classes = np.flatnonzero(DATA["fold_report_grouped"][0] != 0), DATA["classes"]
    for model in ("tcn", "transformer"):
        module, params = encoder(model)
        given = {name: DATA[f"real_{name}"][rows] for name in module.READS} | {"features": DATA["real_scalars"][rows]}
        for device in dict.fromkeys([choose_device(), "cpu"]):
            seconds = []
            for number in (1, 2, 22) if device != "cpu" else (1, 2):  # the first starts what is slow to start
                network, start = built(model, params, 3, "real", 1, 0)[0], time.monotonic()
                train(network, given, classes[rows], np.ones(len(rows)), frame.plan_of({"epochs": number}), 0, device)
                seconds.append(time.monotonic() - start)
            each = (seconds[-1] - seconds[0 if device == "cpu" else 1]) / (20 if device != "cpu" else 1)
            found = f"{each:.3f} s, first {seconds[0]:.1f} s"
            print(f"epoch of {model}, {len(rows)} objects, {device}: {found}", flush=True)


def smoke(job):
    """Return a job with one seed, and one epoch of whatever it does."""
    job = {**job, "seeds": 1, "plan": {**job["plan"], "epochs": 1}}
    job["pretrain"] = None if job["pretrain"] is None else {"epochs": 1}
    one = {name: min(1, job["params"].get(name, 1)) for name in job["params"] if name.endswith("epochs")}
    return {**job, "params": {**job["params"], **one, "epochs": 1}}


def told(line, clock):
    """Print a line of results."""
    ap, f1 = (" ".join(f"{value:.3f}" for value in line.get(name, ())) for name in ("ap", "f1"))
    what = " ".join(str(line.get(name, "")) for name in ("stage", "model", "features", "name", "folds"))
    one = f" one seed {np.mean(line['ap_one']):.3f}" if "ap_one" in line else ""
    mean = np.mean(line["ap"])
    print(f"{clock:4.0f} s {what:60s} AP {mean:.3f} ({ap}){one} F1 {f1}; {line['seconds']:.0f} s", flush=True)


def main():
    """Run the jobs that there is time for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=480.0, help="no job begins later")
    parser.add_argument("--explore", type=float, default=240.0, help="none of those that are compared begins later")
    parser.add_argument("--workers", type=int, default=3, help="processes on the GPU")
    parser.add_argument("--cores", type=int, default=4, help="processes for models that are not stacked")
    parser.add_argument("--strict", action="store_true", help="the second run: strong penalties beside features")
    parser.add_argument("--table", action="store_true", help="all encoders as shipped, and what masks bring, alone")
    parser.add_argument("--smoke", action="store_true", help="one epoch of each job, one seed")
    given = parser.parse_args()
    begun, out = time.monotonic(), Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    print(f"torch {torch.__version__}, device {choose_device()}, {os.cpu_count()} cores", flush=True)
    with np.load(given.data) as found:
        has = set(found.files)
    first = strict_jobs() if given.strict else first_jobs("sim_grid" in has)
    plain, lines, pending = plain_jobs()[: 0 if given.strict else 2 if given.smoke else None], [], {}
    last = None
    if given.table:
        first, (last, plain) = [], table_jobs()
    context = get_context("spawn")
    with (
        ProcessPoolExecutor(given.workers, context, begin, (given.data,)) as pool,
        ProcessPoolExecutor(given.cores, context, begin, (given.data, True)) as cores,
        open(out / "results.jsonl", "w", encoding="utf-8") as log,
        open(out / "probabilities.bin", "wb") as kept,
    ):
        for job in plain:
            job = smoke(job) if given.smoke else job
            pending[cores.submit(run, job)] = job
        waiting, onboard = list(last or first), 0
        while True:
            clock = time.monotonic() - begun
            if last is None and clock > given.explore:
                waiting = []
            if last is None and not waiting and not onboard:
                compared = [line for line in lines if line["stage"] == "first"]
                last = strict_confirmed(compared) if given.strict else confirmed(compared, "early_grid" in has)
                waiting = list(last)
            while waiting and onboard < given.workers and clock < given.seconds:
                job = waiting.pop(0)
                job = smoke(job) if given.smoke else job
                pending[pool.submit(run, job)] = job
                onboard += 1
            late = [job for job in pending if clock > given.seconds and job.cancel()]
            pending = {job: about for job, about in pending.items() if job not in late}
            if not pending:
                break
            for done in wait(pending, return_when=FIRST_COMPLETED, timeout=5).done:
                job = pending.pop(done)
                onboard -= job.get("kind") not in ("plain", "one")
                try:
                    line, probability = done.result()
                except Exception as error:  # one that fails is told, and the others go on
                    print(f"{job}: {type(error).__name__}: {str(error)[:300]}", flush=True)
                    continue
                line = {**job, **line, "at": kept.tell(), "shape": probability.shape}
                if job["stage"] != "first":
                    kept.write(probability.astype(np.float16).tobytes())
                    kept.flush()
                lines.append(line)
                log.write(json.dumps(line) + "\n")
                log.flush()
                told(line, time.monotonic() - begun)
    print(f"{len(lines)} jobs, {time.monotonic() - begun:.0f} s", flush=True)
    if not (given.smoke or given.strict or given.table):
        epochs(given.data)
    print(f"done, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
