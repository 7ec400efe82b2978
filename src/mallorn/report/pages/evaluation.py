"""The page with the results of `snakemake evaluation`."""

import shutil
from pathlib import Path

from mallorn.report.render import render, words
from mallorn.report.tables import read_part

__all__ = ["EVALUATIONS", "write_evaluation_page"]

EVALUATIONS = {
    "nested": (
        "Nested scores",
        "What predicts and decides an outer fold, weights, calibration and threshold included, never saw it.",
    ),
    "other_surveys": (
        "As other surveys would see them",
        "Scores of the models that have learned from copies of the training objects: nearer, and all points (forced), "
        "detections alone, points in a few passbands, or detections in a few (alerts).",
    ),
    "other_surveys_groups": (
        "As other surveys would see them, by redshift and signal-to-noise",
        "The submitted model, by the redshift that a copy was moved to and the highest signal-to-noise of its points. "
        "Models without redshift (none) do not know the redshifts that group their rows.",
    ),
    "early": (
        "While events unfold",
        "Training objects as they were known at some ages, days since the survey first reported them: early, models of "
        "young objects; whole, models of whole light curves on the same copies; served, both as they score. Copies of "
        "an object are held out with it. Published for comparison: the early-TDE module of the broker Fink finds 76% "
        "of TDEs, half of these before the middle of their rise, among objects without stars and known AGN; nobody "
        "publishes calibration over time.",
    ),
    "early_gains": (
        "What models of young objects gain",
        "Average precision of scores as they are made of both models, over that of models of whole light curves alone, "
        "paired by event.",
    ),
    "early_found": (
        "When they are found",
        "The target class, by days from its peak, the brightest detection, to the first age at which it is chosen, by "
        "thresholds of that age from the other folds.",
    ),
    "early_times": (
        "When they are first chosen",
        "Days from the trigger to the peak, and to the first age at which one of the target class is chosen; inf: when "
        "all of its light curve was known.",
    ),
    "curves": ("Precision-recall and ROC curves", "Out-of-fold probabilities of all models under both protocols."),
    "confusion": ("Confusion by type", "What objects of each type are taken for."),
    "by_type": (
        "Scores by type, redshift and signal-to-noise",
        "Where the models do well and where not. Models without redshift (none) do not know the redshifts that group "
        "their rows.",
    ),
    "calibration": (
        "Calibration",
        "Whether a fraction p of the objects with probability p is of the target class.",
    ),
    "learning_curve": (
        "Learning curve",
        "Scores after training on fewer events of the target class: what more labels would bring.",
    ),
    "new_samples": (
        "What a new sample of events will show",
        "Intervals of a score: of the events that were scored (score), of a new sample of as many events as stated "
        "(new_sample), and of one that models of other training events score (new_sample_and_model). found: share of "
        "random parts of the events for which another part scored inside.",
    ),
    "features": ("Audit of features", "What each feature alone tells of types, sets and siblings."),
    "selection": ("Selected features", "Features that stability selection keeps."),
    "fresh": (
        "Folds drawn anew",
        "What is submitted, and variants of it, on folds that nothing was chosen on: means over draws, standard "
        "deviations over draws (sd), intervals over events; nested: scores whose thresholds know nothing of the fold.",
    ),
    "fresh_gains": (
        "Gains of variants",
        "Over what is submitted, on these folds: standard errors over draws (se), intervals over events drawn alike "
        "for both. An interval that holds 0 says that no gain is seen.",
    ),
    "networks": (
        "Networks",
        "Scores of networks that read light curves, beside a perceptron on features alone, and how their loss fell.",
    ),
    "rocket": (
        "ROCKET",
        "Models on columns that fixed convolutions make of the posterior light curves, with other features beside them "
        "and without, and models to compare with: means over repeats, intervals over events, CPU seconds of a repeat.",
    ),
    "rocket_gains": (
        "What ROCKET adds",
        "Gains over the same without ROCKET, on grouped folds drawn anew; intervals over events drawn alike for both. "
        "An interval that holds 0 says that no gain is seen.",
    ),
}
"""Titles and texts of the tables of results/evaluation on this page."""


_FIGURES = dict.fromkeys(("by_redshift", "by_snr", "by_points", "by_magnitude"), "by_type")
"""Parts of the page for figures whose names do not begin with the name of a table."""


_CAPTIONS = {
    "precision_recall": "Precision against recall of all models, repeats pooled.",
    "roc": "True against false positive rate of all models, repeats pooled.",
    "confusion": "What objects of each type are taken for, grouped folds.",
    "calibration": "Observed fraction of the target class against the probability given.",
    "early": "Scores of the target class at each age. Dotted: the calibration error up to which a probability holds.",
    "learning_curve": "Scores against the number of events of the target class trained on.",
    "networks_losses": "Loss of the objects that networks learn from, mean and range over folds and repeats.",
    "by_redshift": "Scores against redshift.",
    "by_snr": "Scores against the highest signal-to-noise of a point.",
    "by_magnitude": "Scores against the magnitude of the brightest point.",
    "by_points": "Scores against the number of points.",
    "by_type": "Share of each type that is taken for the target class.",
}


def write_evaluation_page(folder, evaluation, scores, commands):
    """Write evaluation.html from the tables and figures in the folder `evaluation`, if there are any.

    scores: path. commands: {part: command that makes it}, if not `snakemake evaluation`.
    """
    found = {name: [] for name in EVALUATIONS}
    figures = sorted(Path(evaluation, "figures").glob("*.svg")) if Path(evaluation, "figures").is_dir() else []
    for path in figures:
        stem = path.stem
        part = _FIGURES.get(stem) or next((name for name in EVALUATIONS if stem.startswith(name)), "curves")
        found[part].append(_copied(path, folder))
    parts = []
    for name, (title, text) in EVALUATIONS.items():
        command = commands.get(name, "snakemake --cores all evaluation")
        path = Path(evaluation, f"{name}.csv")
        parts.append(read_part(title, text, command, path, found[name], newer_than=scores))
    everything = read_part(
        "All scores", "One row for each protocol, model and repeat.", "make run", scores, long_from=0
    )
    render(Path(folder, "evaluation.html"), "evaluation.html", parts=[*parts, everything])


def _copied(path, folder):
    """Copy a figure in both formats to the report; return the arguments of the macro `figure`."""
    target = Path(folder, "figures")
    target.mkdir(parents=True, exist_ok=True)
    for ending in (".svg", ".png"):
        if path.with_suffix(ending).is_file():
            shutil.copyfile(path.with_suffix(ending), target / path.with_suffix(ending).name)
    return {"path": f"figures/{path.stem}", "caption": _CAPTIONS.get(path.stem, words(path.stem).capitalize())}
