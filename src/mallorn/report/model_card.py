"""The card of a released model: what it learned from, how good it is, whom it serves, and what it is not for.

After Mitchell et al. 2019, Model Cards for Model Reporting (FAT*, 220).
"""

import csv
from pathlib import Path

__all__ = ["CARD", "model_card"]

CARD = "CARD.md"
"""Name of the file with the card, in a model's folder."""

_PROTOCOLS = {"stratified": "stratified: other siblings of known events", "grouped": "grouped: new events"}
_PROPERTIES = {"redshift": "redshift", "snr": "highest S/N", "points": "points"}
_VIEWS = {
    "forced": "forced photometry in all passbands",
    "detections": "detections only",
    "few_bands": "a few passbands",
    "alerts": "detections in a few passbands, as alerts show them",
}

_TEXT = """# Model card: {target} by mallorn

{words}

| | |
|---|---|
| finds | {target} among {others} |
| learned from | {objects} {data}, of {events} events, \
{targets} of {target} of {target_events} events |
| members | {members}, {trained}; their mean |
| features | {features}, in microjansky, the rest frame where there is a redshift |
| decides | by a threshold chosen out of fold, on {protocol} folds; one for each kind of data |
| license | MIT, as the code; cite mallorn (CITATION.cff) and the data |

{kinds}
## How good it is

Scores are out of fold, with {level:.0%} intervals over events. The intervals do not include how other
training events would change the model.

{scores}

Objects as other surveys would see them:

{cuts}

Objects as they were known some days after the survey first reported them, with redshift:

{ages}

### By property

These rows are on {protocol} folds. Objects with redshift:

{groups}

The same objects without redshift. The rows go by the true redshift, which these models do not know:

{groups_without}

Objects as other surveys would see them, with redshift:

{seen}

Objects as other surveys would see them, without redshift:

{seen_without}

The calibration error in the first table says how well the probabilities hold.

## What it is not for

- **Proof.** A probability is no proof: only follow-up can decide.
- **Rates and populations.** What it misses is not random: see the rows by redshift and S/N.
- **Light curves in other units or with host flux.** `domain_reason` warns of them.
- **Objects with too few points.** They get no probability.
- **Kinds of transients that it has not learned.** It gives each of them one of its classes: {classes}.
- **A survey's own statistics.** Train on that survey: the thresholds are for the mix of the training survey, in which
  {share:.1%} of the objects are {target}; on the sky it is far fewer.
{note}"""

_KINDS = """\
It has {number} models, and chooses one for each object: with or without redshift, {seen}.
"""
_SEEN = "seen as the training survey sees or as others do"
_KIND_WORDS = {
    "other_surveys": """\
The models for other surveys learned from copies of the same objects, at lower redshifts and with brighter limits: with
forced photometry or detections alone, in all passbands or in some of them, as ZTF sees objects.
""",
    "early": """\
The models for young objects learned from copies of the same objects as they were known at several ages.
""",
}
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_TRAINED = {"once": "each trained once on all of them", "folds": "each the mean of the fits of all folds"}


def model_card(about, tables, level, export):
    """Return the card of a model, Markdown.

    about: content of model.json. tables: {"scores", "by_type", "other_surveys", "other_surveys_groups", "early": paths
    of these tables of evaluation, of which the last three may be missing, "folds": {"events", "target_events",
    "objects", "targets": numbers}}. level: of the intervals. export: that block of the configuration.
    """
    n, others = tables["folds"], about["classes"][1:]
    scores, cuts, groups, seen = (
        [row for row in _rows(tables[name]) if row["model"] == about["model"]] if name in tables else []
        for name in ("scores", "other_surveys", "by_type", "other_surveys_groups")
    )
    ages = [row for row in _rows(tables["early"]) if row["model"] == "served"] if "early" in tables else []
    groups, seen = ([row for row in rows if row["protocol"] == about["protocol"]] for rows in (groups, seen))
    return _TEXT.format(
        target=about["classes"][0],
        others=", ".join(others),
        classes=", ".join(about["classes"]),
        words="Finds tidal disruption events among transients in multi-band light curves of LSST, ZTF and the like.",
        members=", ".join(about["repeats"][0]["members"]),
        features=len(about["features"]),
        protocol=about["protocol"],
        data=export["data"],
        trained=_TRAINED[export["trained"]],
        kinds=_kinds(about),
        note=f"\n{export['note']}\n" if export["note"] else "",
        share=n["targets"] / n["objects"],
        scores=_scores(scores),
        cuts=_cuts(cuts),
        ages=_ages(ages, about["classes"][0]),
        groups=_groups(groups, "spectroscopic"),
        groups_without=_groups(groups, "none"),
        seen=_groups(seen, "spectroscopic"),
        seen_without=_groups(seen, "none"),
        level=level,
        **n,
    )


def _scores(rows):
    names = {"average_precision": "average precision", "f1": "F1", "precision": "precision", "recall": "recall"}
    names["expected_calibration_error"] = "calibration error"
    kinds = {"spectroscopic": "with redshift", "none": "without redshift"}
    head = ["objects", "folds", *names.values()]
    body = [
        [kinds[row["redshift"]], _PROTOCOLS[row["protocol"]], *(_interval(row, name) for name in names)]
        for row in rows
        if row["redshift"] in kinds
    ]
    return _table(head, body)


def _cuts(rows):
    head = ["seen as", "redshift", "folds", "objects", "average precision", "precision", "recall"]
    body = [
        [
            _VIEWS.get(row["cut"], row["cut"]),
            "yes" if row["redshift"] == "spectroscopic" else "no",
            row["protocol"],
            row["objects"],
            *(_interval(row, name) for name in ("average_precision", "precision", "recall")),
        ]
        for row in rows
    ]
    return _table(head, body) if body else "not measured"


def _ages(rows, target):
    head = ["days", "folds", "objects", target, "average precision", "recall at 50% precision", "calibration error"]
    body = [
        [
            row["age"].removesuffix(" d").replace("all", "whole light curve"),
            *(row[name] for name in ("protocol", "objects", "targets")),
            _interval(row, "average_precision"),
            *(f"{float(row[name]):.3f}" for name in ("recall_at_50", "expected_calibration_error")),
        ]
        for row in rows
        if row["class"] == target
    ]
    return _table(head, body) if body else "not measured"


def _kinds(about):
    """Return in words which models there are besides one for all objects, "" for none but one without redshift."""
    further = [name for name in _KIND_WORDS if name in about]
    if not further:
        return ""
    seen = {"other_surveys": _SEEN, "early": "young or old"}
    names = ("repeats", "without_redshift", *further, *(f"{name}_without_redshift" for name in further))
    number = sum(name in about for name in names)
    words = _KINDS.format(number=_NUMBERS[number], seen=", ".join(seen[name] for name in further))
    return words + "".join(_KIND_WORDS[name] for name in further)


def _groups(rows, redshift):
    of_cuts = any("cut" in row for row in rows)
    head = [*["seen as"] * of_cuts, "", "", "objects", "targets", "average precision", "precision", "recall"]
    body = [
        [
            *[_VIEWS.get(row.get("cut"), row.get("cut"))] * of_cuts,
            _PROPERTIES[row["property"]],
            row["group"].replace("<", "&lt;").replace(">", "&gt;"),
            *(row[name] for name in ("objects", "targets")),
            *(_interval(row, name) for name in ("average_precision", "precision", "recall")),
        ]
        for row in rows
        if row["property"] in _PROPERTIES and row["redshift"] == redshift
    ]
    return _table(head, body) if body else "not measured"


def _interval(row, name):
    """Return a score with its interval, "" if there is none."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{float(value):.3f} ({float(low):.3f} to {float(high):.3f})" if value not in ("", "nan") else ""


def _table(head, body):
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [head, ["---"] * len(head), *body])


def _rows(path):
    with open(Path(path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
