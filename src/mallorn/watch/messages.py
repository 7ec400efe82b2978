"""Messages about scores, as files with one JSON value on each line: plain, for Lasair, and in DESC's taxonomy.

A file is a copy of scores in the store. The store knows the last score in the file and the file's length at that point.
A line that a killed process left behind, half or whole, is cut off and written again: no score is told twice, and none
is left out. After a file was moved away, a new one begins with the scores to come.

Messages are files and nothing else. Nothing here sends anything to anybody: not to Lasair, and not to the Transient
Name Server, where a report is a claim that a person makes.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

__all__ = ["FORMS", "TAXONOMY", "Outbox", "desc", "lasair", "plain"]

TAXONOMY = {
    "TDE": 2243,
    "AGN": 2332,
    "SN Ia": 2222,
    "SN Ib/c": 2223,
    "SN II": 2224,
    "SN IIn": 2224,
    "SN Iax": 2225,
    "SN Ia-91bg": 2226,
    "other SN": 2220,
    "SLSN": 2242,
    "SLSN and SN IIn": 2200,
    "KN": 2232,
    "M-dwarf flare": 2233,
    "dwarf nova": 2234,
    "uLens": 2235,
    "Cepheid": 2322,
    "RR Lyrae": 2323,
    "EB": 2325,
}
"""Node of the DESC taxonomy for each class: the lowest that contains all of it. SLSN and SN IIn together are
non-recurring, and other SN are SN-like."""

_VARIABLE, _NOT_CLASSIFIED = 2000, 300
_CLASS = "probability__"
_DIGITS = 4


def plain(score, _):
    """Return a score as a dict: number, scored_at, model, last_mjd, alert_id, and all columns of `mallorn score`."""
    about = {"number": score.number, "scored_at": score.scored_at, "model": score.model}
    return {**about, "last_mjd": score.last_mjd, "alert_id": score.alert_id, **score.row}


def lasair(score, about):
    """Return a score as the arguments of `annotate` in Lasair's client; None without a probability.

    about: {"topic": the annotator's, "target": class sought}.
    """
    row, classes = score.row, _classes(score.row)
    if row["probability"] is None:
        return None
    best = about["target"] if row["decision"] else max(classes, key=classes.get)
    said = f"P({about['target']}) = {row['probability']:.3f} from {row['n_points']} points, {row['domain']}"
    return {
        "topic": about["topic"],
        "objectId": score.object_id,
        "classification": best,
        "version": score.model,
        "explanation": "; ".join(filter(None, (said, row.get("domain_reason"), row.get("reasons")))),
        "classdict": {name: round(p, _DIGITS) for name, p in classes.items()},
        "url": "",
    }


def desc(score, about):
    """Return a score as a classification message in DESC's taxonomy, the fields of ELAsTiCC's brokers.

    The probabilities of a message sum to 1; classes of one node are added up. An object that cannot be scored is "not
    classified" (300) with probability 1. alertId and diaSourceId are those of the newest alert, null if the files do
    not tell them. about: {"version": of this library, "taxonomy": {class: node}, which overrides `TAXONOMY`}.
    """
    known, nodes = TAXONOMY | about.get("taxonomy", {}), defaultdict(float)
    if score.row["probability"] is None:
        nodes[_NOT_CLASSIFIED] = 1.0
    else:
        classes = _classes(score.row)
        total = sum(classes.values())
        for name, p in classes.items():
            nodes[known.get(name, _VARIABLE)] += p / total
    alert = int(score.alert_id) if str(score.alert_id).isdigit() else None
    return {
        "alertId": alert,
        "diaSourceId": alert,
        "objectId": score.object_id,
        "brokerPublishTimestamp": score.scored_at,
        "brokerName": "mallorn",
        "brokerVersion": about["version"],
        "classifierName": f"mallorn {about['target']}",
        "classifierParams": score.model,
        "classifications": [{"classId": node, "probability": p} for node, p in sorted(nodes.items())],
    }


FORMS = {"scores": plain, "lasair": lasair, "desc": desc}
"""Forms of messages by the name of their file, NAME.jsonl."""


class Outbox:
    """The files of messages of a store, in a folder. forms: names in `FORMS`. about: see `lasair` and `desc`."""

    def __init__(self, folder, forms, about):
        self._folder, self._forms, self._about = Path(folder), tuple(forms), about

    def catch_up(self, store):
        """Append the scores of a `mallorn.watch.store.Store` that the files lack; return the number of lines."""
        count = 0
        self._folder.mkdir(parents=True, exist_ok=True)
        for form in self._forms:
            path, (number, size) = self._folder / f"{form}.jsonl", store.told(form)
            with open(path, "ab") as file:
                if file.tell() > size:
                    file.truncate(size)
                lines, last = [], number
                for score in store.scores_after(number):
                    last, message = score.number, FORMS[form](score, self._about)
                    if message is not None:
                        lines.append(json.dumps(message).encode() + b"\n")
                if last == number:
                    continue
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
                store.tell(form, last, file.seek(0, os.SEEK_END))
            count += len(lines)
        return count


def _classes(row):
    return {name.removeprefix(_CLASS): p for name, p in row.items() if name.startswith(_CLASS)}
