"""The files that commands of the documents name, of a few simulated objects, in the format that each command tells."""

from pathlib import Path

import alerts_written
import curves_written
import numpy as np
import pandas as pd
from curves_written import FIRST, Rows
from snana_written import write_pair

from mallorn.interface.released import example_file

IDS = {"manytde": "2019qiz", "ztf_alerts": "20achpcvt", "ztf_forced": "2019qiz"}
"""What the documents call the one object of a format, without the letters that its writer puts before."""


def example_rows():
    """Return the `Rows` of the object with most detections in g, r and i of the example that comes with mallorn."""
    table = pd.read_parquet(example_file())
    table["band"] = table["passband"].str.removeprefix("lsst.")
    table = table[table["band"].isin(["g", "r", "i"]) & (table["flux"] > 5 * table["flux_err"])]
    best = table[table["object_id"] == table["object_id"].value_counts().index[0]].sort_values("mjd")
    columns = (best[name].to_numpy() for name in ("mjd", "band", "flux", "flux_err"))
    return Rows(np.zeros(len(best), dtype=int), *columns)


def write(name, source, folder):
    """Write the file or folder `name` of the documents into `folder`; source: its format, None for a table."""
    path, rows = Path(folder, name), example_rows()
    if name.endswith("/"):
        path.mkdir()
        owner = IDS.get(source, 0)
        curves_written.FORMATS[source].write(path, rows._replace(owner=np.full(len(rows.mjd), owner)), {owner: 0.1})
    elif source == "manytde":
        named = rows._replace(owner=np.full(len(rows.mjd), "2019qiz"))
        curves_written.manytde(path.parent, named, {"2019qiz": 0.1})
    elif path.suffix == ".avro":
        alerts_written.write_avro(path, curves_written.rubin_packets(rows))
    elif path.suffix == ".FITS":
        objects = [[(t, b, f, e, 0) for _, t, b, f, e in rows.lines()]]
        write_pair(path.parent, path.name.removesuffix("_HEAD.FITS"), objects, survey="DES")
    elif path.suffix == ".csv":
        columns = {"mjd": rows.mjd, "band": rows.band, "flux_ujy": rows.flux, "flux_err_ujy": rows.flux_err}
        pd.DataFrame({"object_id": "AT2020wey", **columns}).to_csv(path, index=False)
    else:
        path.write_text(f"{FIRST}\n", encoding="utf-8")


def small_example(folder):
    """Write the first object of the example into `folder`, and return the path."""
    table, path = pd.read_parquet(example_file()), Path(folder, "example.parquet")
    table[table["object_id"].isin(table["object_id"].unique()[:1])].to_parquet(path)
    return path
