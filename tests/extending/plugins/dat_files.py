"""Light curves as text: a file NAME.dat for each object with rows of MJD, flux and error in microjansky, of ZTF's r."""

from pathlib import Path

KIND = "formats"
FILES = r"\.dat$"
SURVEYS = ("ztf",)
SETTINGS = ("passband",)
ROWS_OF_OBJECT = "file"


def batches(path, settings):
    """Yield a batch for the object of the file `path`; settings: passband, "ztf.r" by default."""
    import numpy as np

    from mallorn.errors import DataError
    from mallorn.sources.canonical import Batch

    try:
        mjd, flux, error = np.loadtxt(path, ndmin=2).T
    except ValueError as problem:
        raise DataError.at(path, expected="rows of three numbers", found=problem, fix="mend the file") from None
    n, name = len(mjd), Path(path).stem
    points = {
        "object_id": np.full(n, name, dtype=object),
        "mjd": mjd,
        "passband": np.full(n, settings.get("passband", "ztf.r"), dtype=object),
        "flux": flux,
        "flux_err": error,
        "detected": np.where(flux > 5.0 * error, 1, 0).astype(np.int8),
        "limit": np.zeros(n, dtype=bool),
    }
    known = {key: np.array([np.nan]) for key in ("ra", "dec", "redshift", "redshift_err", "ebv")}
    known |= {"redshift_kind": np.array(["none"], dtype=object), "label": np.array([None])}
    yield Batch(points, {"object_id": np.array([name], dtype=object), **known}, about={"time": "MJD UTC"})
