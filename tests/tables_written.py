"""The same small table of points in every format that `mallorn.sources.table` reads."""

import csv
import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table

FORMATS = ("csv", "csv.gz", "parquet", "fits", "fits.gz", "ecsv", "vot")


def some_points():
    """Return {column: values} of 6 points of two objects: fluxes of ZP 27.5, one of them NaN."""
    return {
        "SNID": ["007", "007", "1e5", "007", "1e5", "1e5"],
        "MJD": [60000.5, 60001.5, 60000.25, 60002.5, 60001.0, 60003.0],
        "BAND": ["g", "LSST-r", "Y", "g", "i", "u"],
        "FLUXCAL": [100.0, -50.0, 10.0, float("nan"), 1.0, 2.0],
        "FLUXCALERR": [10.0, 5.0, 1.0, 1.0, 0.0, 2.0],
        "PHOTFLAG": [4096, 0, 6144, 0, 0, 1024],
    }


def write_table(path, columns, **meta):
    """Write {column: values} in the format that the end of the name of `path` says; return the path."""
    ends = next(form for form in sorted(FORMATS, key=len, reverse=True) if path.name.endswith(form))
    if ends.startswith("csv"):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        data = text.getvalue().encode()
        path.write_bytes(gzip.compress(data) if ends.endswith("gz") else data)
    elif ends == "parquet":
        pq.write_table(pa.table(columns), path)
    else:
        table = Table({name: np.asarray(values) for name, values in columns.items()}, meta=meta)
        forms = {"ecsv": "ascii.ecsv", "vot": "votable"}
        table.write(str(path), format=forms.get(ends, "fits"), overwrite=True)
    return path
