"""Copy some splits of a survey: the logs with only their objects, and folders of links to their files.

Usage: python tests/subset.py SURVEY OUTPUT SPLIT...
"""

import csv
import sys
from pathlib import Path


def subset(survey, output, splits):
    """Write to folder `output` the survey of folder `survey` with only the objects of `splits`."""
    survey, output = Path(survey).resolve(), Path(output)
    output.mkdir(parents=True)
    kept = set()
    for name in ("train_log.csv", "test_log.csv"):
        rows = _filter(survey / name, output / name, lambda row: row["split"] in splits)
        kept |= {row["object_id"] for row in rows}
    _filter(survey / "sample_submission.csv", output / "sample_submission.csv", lambda row: row["object_id"] in kept)
    for split in splits:
        (output / split).mkdir()
        # links to the files: through one to the folder a clean-up would reach the survey
        for path in (survey / split).iterdir():
            (output / split / path.name).symlink_to(path)


def _filter(source, target, keep):
    with open(source, newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        rows = [row for row in reader if keep(row)]
    with open(target, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, reader.fieldnames, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return rows


if __name__ == "__main__":
    subset(sys.argv[1], sys.argv[2], sys.argv[3:])
