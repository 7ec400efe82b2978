"""A survey with a file of points for each object: objects.csv, and points/NAME.csv with mjd, flux, flux_err and band.

objects.csv has the columns id, z, ebv and type, which is empty for test objects. All objects are one split.
"""

import csv
from pathlib import Path

KIND = "sources"
SPLIT = "split_01"


def splits(folder, sets, key):
    """Return the names of the splits."""
    from mallorn.errors import DataError

    if not Path(folder, "objects.csv").is_file():
        fix = f"set {key} to the folder that holds objects.csv"
        raise DataError.at(folder, expected="objects.csv", found="nothing", fix=fix)
    return [SPLIT]


def files(folder, split, sets):
    """Return the paths of all files of points."""
    return sorted(map(str, Path(folder, "points").glob("*.csv")))


def metadata_files(folder, sets):
    """Return the path of the table of objects."""
    return [f"{folder}/objects.csv"]


def read_metadata(folder, splits, sets, settings):
    """Return the columns that `mallorn.sources.source` asks for."""
    import numpy as np

    from mallorn.survey.cosmology import luminosity_distance

    rows = _objects(folder, sets)
    train = np.array([row["type"] != "" for row in rows])
    redshift = np.array([float(row["z"]) for row in rows])
    columns = {
        "object_id": np.array([row["id"] for row in rows], dtype=object),
        "set": np.where(train, "train", "test").astype(object),
        "split": np.full(len(rows), SPLIT, dtype=object),
        "Z": redshift,
        "Z_err": np.full(len(rows), np.nan),
        "EBV": np.array([float(row["ebv"]) for row in rows]),
        "luminosity_distance": luminosity_distance(redshift),
    }
    if "train" in sets:
        columns["spec_type"] = np.array([row["type"] or None for row in rows], dtype=object)
        columns["target"] = np.where(train, [row["type"] == "TDE" for row in rows], -1).astype(np.int8)
        columns["submission_row"] = np.where(train, -1, np.cumsum(~train) - 1).astype(np.int32)
    return columns


def read_split(folder, split, sets, settings, passbands, write):
    """Write the light curves of all objects; points without a flux are set aside."""
    import numpy as np

    from mallorn.ingest.split import SetAside
    from mallorn.survey.lightcurves import LightCurves

    table = read_metadata(folder, [split], sets, settings)
    order = np.argsort(table["object_id"], kind="stable")
    points, start, rows_read, aside = [], [0], 0, []
    for name in table["object_id"][order]:
        path = Path(folder, "points", f"{name}.csv")
        rows = _rows(path) if path.is_file() else []
        good = [row for row in rows if row["flux"]]
        if len(good) < len(rows):
            line = 2 + next(k for k, row in enumerate(rows) if not row["flux"])
            aside.append((path.name, "flux missing", name, len(rows) - len(good), line))
        number = passbands.names.index
        points += sorted(
            (float(row["mjd"]), number(row["band"]), float(row["flux"]), float(row["flux_err"])) for row in good
        )
        start.append(len(points))
        rows_read += len(rows)
    mjd, band, flux, flux_err = np.array(points).T
    of = {name: values[order] for name, values in table.items()}
    write(
        LightCurves(
            object_id=of["object_id"],
            redshift=of["Z"],
            redshift_err=of["Z_err"],
            ebv=of["EBV"],
            luminosity_distance=of["luminosity_distance"],
            start=np.array(start),
            mjd=mjd,
            band=band.astype(np.int8),
            flux=flux,
            flux_err=flux_err,
            passbands=passbands,
        )
    )
    return SetAside(rows_read, aside)


def _objects(folder, sets):
    """Return the rows of objects.csv of these sets, training objects first."""
    rows = _rows(Path(folder, "objects.csv"))
    train = [row for row in rows if row["type"]] if "train" in sets else []
    return train + [row for row in rows if not row["type"]]


def _rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
