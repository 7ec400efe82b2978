"""Real files of the formats, and what `mallorn score` makes of them: python tests/real_files.py FOLDER [MODEL]."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

REAL = {
    "manytde": ("manytde", 51, 48449),
    "bts_snia": ("bts", 28, 564),
    "rubin": ("rubin_alerts", 30, 22541),
    "rubin_alert": ("rubin_alerts", None, None),
    "elasticc/agn_elasticc_alerts.parquet": ("rubin_alerts", 98, None),
    "elasticc/elasticc_lc_chunk.parquet": ("table", 10, None),
    "alerce": ("alerce", 440, 25831),
    "ztf_alerts": ("ztf_alerts", 1, 235),
    "open_catalog": ("open_catalog", 1, 160),
    "redback": ("redback", 1, 530),
    "snana/DES_Ia-0001_HEAD.FITS": ("snana", 200, None),
    "snana/snana_fits_example_head.fits": ("snana", 2, 95),
    "snana/DES_PHOT.csv": ("table", 2, None),
    "ecsv/fake_SN.ecsv": ("table", 1, None),
    "hats/vsx-x-ztfdr22_lc-m31.parquet": ("hats", None, None),
    "hats/Npix=44.parquet": ("hats", None, None),
    "hard_curves": ("table", 11, None),
}
"""Real files: what reads them, the objects and points that come of it where they are known."""

SETTINGS = {
    "hats/vsx-x-ztfdr22_lc-m31.parquet": {"readers": {"hats": {"constants": {"magnitude_err": 0.05}}}},
    "hats/Npix=44.parquet": {"readers": {"hats": {"constants": {"magnitude_err": 0.05}}}},
    "snana/snana_fits_example_head.fits": {"readers": {"snana": {"passbands": {c: f"sdss.{c}" for c in "griz"}}}},
    "hard_curves": {"readers": {"table": {"passbands": {"V": "gaia.G", "g": "ztf.g", "r": "ztf.r"}}}},
}
"""Settings that a file needs, beside what reads it."""


def main(folder, model="released"):
    """Score every file by the command, and print a table of what came out, Markdown."""
    import pandas
    import yaml

    head = ["file", "`--source`", "objects", "in domain", "extrapolating", "cannot say", "taken for TDE", "median", "s"]
    print(*head, sep=" | ")
    print(*["---"] * len(head), sep=" | ")
    for path, (source, _, _) in REAL.items():
        with tempfile.TemporaryDirectory() as work:
            out, own = Path(work, "scores.csv"), Path(work, "own.yaml")
            own.write_text(yaml.safe_dump(SETTINGS.get(path, {})))
            command = [sys.executable, "-m", "mallorn", "score", str(Path(folder, path)), "--source", source]
            command += ["--model", model, "--out", str(out), "--settings", str(own), "--reasons", "0"]
            begun = time.monotonic()
            done = subprocess.run(command, capture_output=True, text=True)
            seconds = time.monotonic() - begun
            if done.returncode:
                print(path, f"`{source}`", done.stderr.strip().splitlines()[-1], *[""] * 6, sep=" | ")
                continue
            table = pandas.read_csv(out, dtype={"object_id": str})
        domain = table["domain"].value_counts()
        counts = [domain.get(name, 0) for name in ("in domain", "extrapolating", "cannot say")]
        taken, median = int(table["decision"].sum()), table["probability"].median()
        print(path, f"`{source}`", len(table), *counts, taken, f"{median:.3f}", f"{seconds:.0f}", sep=" | ")


if __name__ == "__main__":
    main(*sys.argv[1:])
