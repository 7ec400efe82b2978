"""The data behind results: their place and a digest of all their files. Each result can name its data."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from mallorn.io.files import write_text

__all__ = ["digest_of_file", "input_columns", "line", "read_input", "record_input", "simulated", "write_first"]


def simulated(survey, seed):
    """Return the name of a simulated survey with the passbands of `survey` and this `seed`."""
    return f"a simulated survey ({survey}, seed {seed}), no real data"


def record_input(name, folder, paths):
    """Return {"data": name, "sha256", "files": {path: {"bytes", "sha256"}}} of the files `paths` of a survey.

    name: of the survey, a path as it was given. folder: the file or folder that holds the files. The digest depends on
    their names below the folder and on their content. It does not depend on dates, order or place.
    """
    files = {str(path): digest_of_file(path) for path in sorted(set(map(str, paths)))}
    top = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    lines = sorted(f"{os.path.relpath(path, top)} {found['sha256']}" for path, found in files.items())
    return {"data": name, "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(), "files": files}


def line(record):
    """Return the line that names the data behind results, from what `record_input` returned."""
    return f"{record['data']} [sha256 {record['sha256'][:16]}]"


def input_columns(path, n):
    """Return {"input": the name, "input_sha256": the digest}, (n,) each, from the file of `record_input`.

    path: of this JSON file.
    """
    record = read_input(path)
    return {key: np.full(n, record[of], dtype=object) for key, of in (("input", "data"), ("input_sha256", "sha256"))}


def read_input(path):
    """Return what `record_input` returned, from the JSON file `path`."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def digest_of_file(path):
    """Return {"bytes", "sha256"} of a file."""
    with open(path, "rb") as file:
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def write_first(path, table):
    """Write a dict as JSON whose first line holds the first key."""
    text = json.dumps(table, indent=2, ensure_ascii=False)
    write_text(path, "{" + text[1:].lstrip() + "\n")
