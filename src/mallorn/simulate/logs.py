"""The objects of a simulated survey: source events, their siblings, and logs like those of the MALLORN challenge.

A source event is drawn once, as a light curve on 1,000 equally spaced rest-frame epochs. Each of its siblings sees it
at another redshift, behind other dust, at another time and, by `mallorn.simulate.lightcurves`, in another field. All
epochs of an object are whole multiples of d apart, with 999 d / (1 + z) the same for all siblings. Stars have no
redshift and no siblings: instead of the siblings of an event, the same number of stars are drawn one by one, and seen
at the times of the visits.
"""

import csv
from pathlib import Path

import numpy as np

from mallorn.io.files import atomic_write
from mallorn.io.tables import write_table
from mallorn.simulate.objects import draw_objects

__all__ = ["write_logs"]


def write_logs(config, passbands, seed, folder):
    """Draw all objects; write train_log.csv, test_log.csv, sample_submission.csv and truth.parquet into `folder`.

    config: the block `simulation` of config.yaml. passbands: the `Passbands` of the survey. truth.parquet has a row
    for every object: its `object_id`, `set` (train or test), `split`, `source` (number of the source event),
    `sibling` (number within the source), `spec_type`, `target`, true `redshift`, `ebv`, `luminosity_distance`,
    `start_mjd` of the first of the 1,000 epochs, `peak_mjd` (NaN for AGN), in the rest frame the span `rest_span`
    of the epochs and the peak's time `rest_peak` after the first (NaN for AGN), the parameters of the types (see the
    `draw` of each, in `mallorn.simulate.types`; NaN if a type lacks one), and the redshift and error in the log
    (`log_redshift`, `log_redshift_err`). Stars have no redshift (NaN here, empty in the log), their distance as
    `luminosity_distance`, and the survey's start as `start_mjd`; they have no epochs and no peak. Returns the number of
    training and of test objects. Raises ConfigError if there is no source event.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth, meanings, units = draw_objects(config, passbands, seed)
    write_table(folder / "truth.parquet", truth, units)
    return tuple(_write_log(folder, part, truth, meanings) for part in ("train", "test"))


def _write_log(folder, part, truth, meanings):
    """Write one set's log, and with the test log also the sample submission; return the number of objects."""
    member = np.flatnonzero(truth["set"] == part)
    member = member[np.lexsort((truth["object_id"][member], truth["split"][member]))]
    names = ("object_id", "log_redshift", "log_redshift_err", "ebv", "spec_type", "split", "target")
    object_id, redshift, error, ebv, spec_type, split, target = (truth[name][member].tolist() for name in names)
    redshift, error = (["" if value != value else value for value in column] for column in (redshift, error))
    meaning = meanings[member].tolist()
    empty = [""] * len(member)
    header = ["object_id", "Z", "Z_err", "EBV", "SpecType", "English Translation", "split"]
    if part == "train":
        columns = (object_id, redshift, empty, ebv, spec_type, meaning, split, target)
        _write_csv(folder / "train_log.csv", [*header, "target"], columns)
    else:
        _write_csv(folder / "test_log.csv", header, (object_id, redshift, error, ebv, empty, meaning, split))
        _write_csv(folder / "sample_submission.csv", ["object_id", "prediction"], (object_id, [0] * len(member)))
    return len(member)


def _write_csv(path, header, columns):
    """Write `columns`, with quotes where needed, and floats in the shortest form that reads back the same."""
    with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))
