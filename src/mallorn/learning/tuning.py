"""Tune a model's parameters: several workers share an Optuna study through a journal, and a kill loses nothing.

A study belongs to one model and one training set: `final`, all training objects, or the inside of an outer fold, whose
nested scores then use parameters that know nothing of the fold. Trials are scored on folds that keep the copies of an
event together. The result of a trial is appended to the journal when it ends. A killed worker loses only its current
trial, and the next run goes on from the journal. The choice of trials depends on when the workers' trials end: two runs
with several workers differ.
"""

import hashlib
import json
import logging
import os
from functools import cache
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from mallorn.errors import DataError
from mallorn.learning.cross_validation import train_predict
from mallorn.learning.folds import fold_of
from mallorn.learning.pipeline import apply_shared, fit_shared, split_shared
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.metrics import average_precision, precision_recall
from mallorn.seeds import derived_seed

__all__ = [
    "best_parameters",
    "cross_validated",
    "importances",
    "study_name",
    "trial_table",
    "tune",
    "tuning_folds",
]

log = logging.getLogger(__name__)

_MEND = "delete the damaged line and all after it to keep the trials before it, or the file to begin anew; run again"
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def tuning_folds(study, folds, object_id):
    """Return (rows, labels): the objects that the trials of a study see, and their labels by grouped folds.

    study: "final", for all objects in the grouped folds of repeat 0; or "outer_K_PROTOCOL_REPEAT", for objects outside
    fold K of that protocol and repeat, in the grouped folds of that repeat. folds: table as from
    `mallorn.learning.folds.draw_folds`.
    labels: {"fold", "target", "spec_type", "event"} of the rows, as from `mallorn.learning.folds.fold_of`.
    """
    if study == FINAL:
        rows, repeat = np.arange(len(object_id)), 0
    else:
        training, protocol, repeat = study.rsplit("_", 2)
        rows, _ = training_rows(training, fold_of(folds, protocol, repeat, object_id)["fold"])
    return rows, fold_of(folds, "grouped", repeat, np.asarray(object_id)[rows])


def study_name(*parts):
    """Return the name of the study that `parts` define; other data, code or settings give another study.

    parts: text, or paths of files, whose content counts.
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def cross_validated(objects, labels, spec, metric, seed):
    """Return a function (params, report), for `tune`, that scores a model with `params` on folds.

    It returns the score of all out-of-fold predictions together; `report(k, score)` gets that of the first k + 1 folds.

    objects: the `Labelled` training set; labels: as from `tuning_folds`; spec: the model's block of config.yaml;
    metric: "average_precision", or "f1", the highest of any threshold.
    """
    fold, target = labels["fold"], labels["target"]
    score = {"average_precision": average_precision, "f1": _highest_f1}[metric]
    shared, rest = split_shared(spec)

    @cache
    def seen_of(number):
        """Return the objects after the transforms that no parameter of the learner changes, and the parts.

        They are made once for all trials. The seed is that of `train_predict` for its first part.
        """
        train, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if not shared["transforms"]:
            return objects, [(train, held)]
        states = fit_shared(shared, objects.take(train), derived_seed(derived_seed(seed, number), "part", 0))
        whole = objects.take(np.concatenate([train, held]))
        rows = np.arange(len(fold))
        made = whole._replace(dataset=apply_shared(shared, states, whole.dataset))
        return made, [(rows[: len(train)], rows[len(train) :])]

    def objective(params, report):
        probability = np.empty(len(fold))
        seen = np.zeros(len(fold), dtype=bool)
        for k, number in enumerate(np.unique(fold)):
            held, (made, parts) = np.flatnonzero(fold == number), seen_of(number)
            found = train_predict(made, parts, {**rest, "params": params}, derived_seed(seed, number), 1)
            probability[held] = found.inside[parts[0][1], 0]
            seen[held] = True
            value = score(target[seen], probability[seen])
            report(k, value)
        return value

    return objective


def tune(journal, name, space, shipped, objective, trials, worker, seed):
    """Work on a study until `trials` of it have ended, and return the trials that this worker ended.

    journal: path of the file that all workers share. name: of the study in it. space: SEARCH_SPACE of the learner.
    shipped: complete parameters; those in `space` are tried first and the others hold in all trials.
    objective: function (params, report) as from `cross_validated`; a trial is pruned when the median of the others at
    the same step is better. worker: number of this one, from 0. seed: a worker that goes on draws other trials than
    before.

    Each of several workers finishes its current trial: together they may end a few more than `trials`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = _storage(journal)
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=8, n_warmup_steps=1),
    )
    _check_trials(journal, study.get_trials(deepcopy=False), space)
    study.sampler = optuna.samplers.TPESampler(
        seed=derived_seed(seed, "worker", worker, len(study.get_trials(deepcopy=False))),
        multivariate=True,
        constant_liar=True,
        n_startup_trials=8,
    )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get("worker") == worker:
            log.info("worker %d: trial %d was cut off and is given up", worker, trial.number)
            study.tell(trial.number, state=TrialState.FAIL)
    if worker == 0 and not study.get_trials(deepcopy=False):
        study.enqueue_trial({key: shipped[key] for key in space if key in shipped})

    def run(trial):
        trial.set_user_attr("worker", worker)
        params = {**shipped, **{key: _suggest(trial, key, where) for key, where in space.items()}}

        def report(step, value):
            trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        return objective(params, report)

    def progress(study, trial):
        ended = study.get_trials(deepcopy=False, states=_ENDED)
        complete = [t.value for t in ended if t.state == TrialState.COMPLETE]
        outcome = "pruned at" if trial.state == TrialState.PRUNED else "reached"
        best = f"{max(complete):.4f}" if complete else "none yet"
        message = "worker %d: trial %d %s %.4f; best %s; %d of %d trials"
        log.info(message, worker, trial.number, outcome, trial.value, best, len(ended), trials)
        if len(ended) >= trials:
            study.stop()

    if len(study.get_trials(deepcopy=False, states=_ENDED)) < trials:
        study.optimize(run, callbacks=[progress])
    return [t for t in study.get_trials(states=_ENDED) if t.user_attrs.get("worker") == worker]


def trial_table(trials, space):
    """Return {column: array} of ended trials, by number: number, worker, state, value, folds, seconds, and parameters.

    value: the score; for a pruned trial that of the `folds` it saw. Each parameter has a column param__NAME.
    """
    trials = sorted(trials, key=lambda t: t.number)
    columns = {
        "number": np.array([t.number for t in trials], dtype=np.int32),
        "worker": np.array([t.user_attrs["worker"] for t in trials], dtype=np.int32),
        "state": np.array([t.state.name.lower() for t in trials], dtype=object),
        "value": np.array([t.value for t in trials], dtype=float),
        "folds": np.array([len(t.intermediate_values) for t in trials], dtype=np.int32),
        "seconds": np.array([t.duration.total_seconds() for t in trials], dtype=float),
    }
    for key, where in space.items():
        choices = where.get("choices", [where.get("low")])
        kind = bool if isinstance(choices[0], bool) else object if isinstance(choices[0], str) else None
        kind = kind or (np.int64 if all(isinstance(x, int) for x in _ends(where)) else float)
        columns[f"param__{key}"] = np.array([t.params[key] for t in trials], dtype=kind)
    return columns


def best_parameters(table, space, shipped):
    """Return (params, value): the complete parameters of the best trial that was not pruned, and its score.

    table: as from `trial_table`. Raises DataError if there is none.
    """
    complete = np.flatnonzero(table["state"] == "complete")
    if not len(complete):
        raise DataError("no trial of the study was finished; raise tuning.trials")
    best = complete[np.argmax(table["value"][complete])]
    found = {key: table[f"param__{key}"][best] for key in space}
    found = {key: value.item() if isinstance(value, np.generic) else value for key, value in found.items()}
    return {**shipped, **found}, float(table["value"][best])


def importances(table, space, seed):
    """Return {parameter: share of the score's variance}, the largest first, by functional analysis of variance.

    Hutter, Hoos & Leyton-Brown 2014 (ICML 32, 754), over the trials that were not pruned; 0 for all if there are fewer
    than four, or if all scored the same.
    """
    complete = np.flatnonzero(table["state"] == "complete")
    if len(complete) < 4 or np.ptp(table["value"][complete]) == 0:
        return dict.fromkeys(space, 0.0)
    study = optuna.create_study(direction="maximize")
    distributions = {key: _distribution(where) for key, where in space.items()}
    for k in complete:
        params = {key: table[f"param__{key}"][k] for key in space}
        params = {key: value.item() if isinstance(value, np.generic) else value for key, value in params.items()}
        value = float(table["value"][k])
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=value))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    return {key: float(v) for key, v in optuna.importance.get_param_importances(study, evaluator=evaluator).items()}


def _storage(journal):
    """Return the storage in the file `journal`, without a line that a killed worker left half written.

    Raises DataError, with the line if known, for a journal that is damaged before its last line, since later lines
    count trials by the earlier ones.
    """
    path = Path(journal).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = JournalFileOpenLock(str(path))
    backend = JournalFileBackend(str(path), lock)
    lock.acquire()
    try:
        with open(path, "rb+") as stream:
            text = stream.read()
            whole = text.rfind(b"\n") + 1
            _check_journal(path, text[:whole])
            if whole < stream.tell():
                log.warning("%s: a line that was cut off is dropped", path)
                stream.truncate(whole)
                os.fsync(stream.fileno())
    finally:
        lock.release()
    try:
        return JournalStorage(backend)
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        found = f"lines that do not follow from one another ({type(error).__name__})"
        raise DataError.at(path, expected="a whole journal of Optuna", found=found, fix=_MEND) from None


def _check_journal(path, text):
    """Raise DataError for the first line that is no entry of a journal; text: bytes of whole lines."""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            sound = isinstance(json.loads(line), dict)
        except ValueError:
            sound = False
        if not sound:
            raise DataError.at(path, line=number, expected="an entry of Optuna", found=repr(line[:40]), fix=_MEND)


def _check_trials(path, trials, space):
    """Raise DataError for the first of the `trials` that lacks what every trial has: a line was lost or changed."""
    for trial in trials:
        ended = trial.state in _ENDED
        numbers = [*(trial.values or ()), *trial.intermediate_values.values()]
        sound = all(isinstance(value, float | int) for value in numbers)
        sound = sound and all(isinstance(v, float | int | str) and v == v for v in trial.params.values())
        if ended:
            sound = sound and trial.values and trial.duration and space.keys() <= trial.params.keys()
            sound = sound and isinstance(trial.user_attrs.get("worker"), int)
        if not sound:
            fix = "delete the file to begin anew, or put back an earlier copy; run again"
            found = f"half of trial {trial.number}"
            raise DataError.at(path, expected="a whole journal of Optuna", found=found, fix=fix)


def _ends(where):
    return where["choices"] if "choices" in where else (where["low"], where["high"])


def _distribution(where):
    if "choices" in where:
        return optuna.distributions.CategoricalDistribution(where["choices"])
    kind = optuna.distributions.FloatDistribution
    if all(isinstance(end, int) for end in _ends(where)):
        kind = optuna.distributions.IntDistribution
    return kind(where["low"], where["high"], log=where.get("log", False))


def _suggest(trial, key, where):
    if "choices" in where:
        return trial.suggest_categorical(key, where["choices"])
    whole = all(isinstance(end, int) for end in _ends(where))
    suggest = trial.suggest_int if whole else trial.suggest_float
    return suggest(key, where["low"], where["high"], log=where.get("log", False))


def _highest_f1(target, probability):
    _, precision, recall = precision_recall(target, probability)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)))
