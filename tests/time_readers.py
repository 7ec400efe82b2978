"""Time the readers on what tests/large_files.py wrote, a row each: python tests/time_readers.py FOLDER [NAME ...].

Files that are dealt to several splits are read for each. Seconds are those of the CPU.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from mallorn.benchmarks import sources
from mallorn.benchmarks.sources import ALL, READER, WHOLE
from mallorn.plugins import constant, names
from mallorn.sources.source import open_source
from mallorn.survey.passbands import passbands_of_surveys

from surveys import CONFIG  # isort: skip

INGEST = CONFIG | {"limits": "use", "window": "all", "combine_within": 0.0, "photoz_error": 0.05, "labels": {}}
SETTINGS = {"ingest": INGEST | {"held_out": 0.0, "rows_of_object": None}, "readers": {}, "plugins": []}
OF_SURVEY = {"atlas": ["atlas"], "redback": ["sdss"], "open_catalog": ["sdss"]}


def main(folder, *chosen):
    heads = ["format", "million rows", "files", "MB", "million rows/s: reader", "with packing"]
    heads += ["peak MB: reader", "with packing"]
    print(f"| {' | '.join(heads)} |")
    print("|---|---|---|---|---|---|---|---|")
    for path in sorted(Path(folder).iterdir()):
        if not chosen or path.name in chosen:
            print(row(path), flush=True)


def row(path):
    """Return a row of a table in Markdown."""
    source = next(name for name in sorted(names("formats"), key=len, reverse=True) if path.name.startswith(name))
    surveys = OF_SURVEY.get(source) or [constant("formats", source, "SURVEYS")[0]]
    passbands = passbands_of_surveys(surveys).to_text()
    survey = sources.Survey(source, str(path), ["test"], SETTINGS, passbands, surveys)
    splits = open_source(source, SETTINGS).splits(path)
    table = sources.costs(survey, splits)
    of_part = {}
    for k, (split, part) in enumerate(zip(table["split"], table["part"], strict=True)):
        if split == ALL:
            of_part[part] = {name: values[k] for name, values in table.items()}
    reader, whole = of_part[READER], of_part[WHOLE]
    cells = [path.name, f"{reader['rows'] / 1e6:.2f}", reader["files"], f"{reader['mb']:.0f}"]
    cells += [f"{part['rows_per_cpu_s'] / 1e6:.3f}" for part in (reader, whole)]
    cells += [f"{part['peak_mb']:.0f}" for part in (reader, whole)]
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main(*sys.argv[1:])
