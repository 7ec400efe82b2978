"""What data results are of: where they lie and a digest of all their files, so that each result can name its own."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from mallorn.io.files import write_text

__all__ = ["digest_of_file", "input_columns", "line", "read_input", "record_input", "simulated", "write_first"]


def simulated(survey, seed):
    """Return how a simulated survey is called, of the passbands of `survey` and the `seed`."""
    return f"a simulated survey ({survey}, seed {seed}), no real data"


def record_input(name, folder, paths):
    """Return {"data": name, "sha256", "files": {path: {"bytes", "sha256"}}} of the files `paths` of a survey.

    name: what the survey is called, a path as it was given. folder: the file or folder that holds the files. The digest
    of all depends on their names below the folder and on their content, not on dates, their order or where they lie.
    """
    files = {str(path): digest_of_file(path) for path in sorted(set(map(str, paths)))}
    top = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    lines = sorted(f"{os.path.relpath(path, top)} {found['sha256']}" for path, found in files.items())
    return {"data": name, "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(), "files": files}


def line(record):
    """Return the line that says what data results are of, from what `record_input` returned."""
    return f"{record['data']} [sha256 {record['sha256'][:16]}]"


def input_columns(path, n):
    """Return {"input": the name, "input_sha256": the digest}, (n,) each, of what `record_input` returned.

    path: of the JSON file that holds it.
    """
    record = read_input(path)
    return {key: np.full(n, record[of], dtype=object) for key, of in (("input", "data"), ("input_sha256", "sha256"))}


def read_input(path):
    """Return what `record_input` returned from the JSON file `path` that holds it."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def digest_of_file(path):
    """Return {"bytes", "sha256"} of a file."""
    with open(path, "rb") as file:
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def write_first(path, table):
    """Write a dict as JSON whose first line holds the first key."""
    text = json.dumps(table, indent=2, ensure_ascii=False)
    write_text(path, "{" + text[1:].lstrip() + "\n")
