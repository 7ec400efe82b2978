"""The origin of a run's results: code, packages, configuration, data and machine."""

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from mallorn.plugins import KINDS, modules
from mallorn.runs.fingerprints import fingerprint
from mallorn.runs.inputs import digest_of_file, line

__all__ = ["record"]


def record(project, config, data, results):
    """Return {"of", "made", "project", "code", "packages", "configuration", "data", "results", "machine"} for JSON.

    of: the data behind the results. code: digests of the library code behind each adapter, and behind each module that
    is found by its name. packages: versions of all installed distributions. configuration: its values, and a digest of
    them without `data_dir`, since the data have a digest of their own. data, results: {path: {"bytes", "sha256"}}.
    Neither environment variables nor the names of user and host are recorded.

    project: folder of the Snakefile. config: the configuration. data: what `mallorn.runs.inputs.record_input` returned.
    results: paths of files.
    """
    project = Path(project)
    return {
        "of": line(data),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": {"commit": _commit(project)},
        "code": _code(project),
        "packages": dict(sorted({dist.metadata["Name"]: dist.version for dist in distributions()}.items())),
        "configuration": {"sha256": _digest_of({**config, "data_dir": None}), "values": config},
        "data": data["files"],
        "results": {str(path): digest_of_file(path) for path in results},
        "machine": _machine(),
    }


def _code(project):
    digests = {path.stem: fingerprint(path) for path in sorted((project / "workflow" / "scripts").glob("*.py"))}
    for kind in KINDS:
        for module in modules(kind).values():
            digests[module.module or f"{kind}:{module.name}"] = fingerprint(module.module or module.path)
    return digests


def _commit(project):
    """Return the commit of the checkout, with "+" if files have changed since; None outside a checkout."""
    git = ["git", "-C", str(project)]
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + "+" * bool(changed)


def _machine():
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _digest_of(values):
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
