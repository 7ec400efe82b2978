"""A small sound survey in the Kaggle layout, and its way through ingestion, for the tests."""

from functools import partial

from mallorn.ingest.metadata import write_logs
from mallorn.ingest.split import write_split
from mallorn.io.tables import read_columns, read_metadata
from mallorn.sources import kaggle
from mallorn.survey.lightcurves import read_lightcurves
from mallorn.survey.passbands import LSST

LOG, TEST, SAMPLE = "train_log.csv", "test_log.csv", "sample_submission.csv"
TRAIN_LC, TEST_LC = "split_01/train_full_lightcurves.csv", "split_01/test_full_lightcurves.csv"
SPLIT_2_LC, OTHER_LC = "split_02/train_full_lightcurves.csv", "split_02/test_full_lightcurves.csv"

CONFIG = {
    "mjd": {"min": 15020.0, "max": 88069.0},
    "max_flux": 1e10,
    "flux_err": {"min": 1e-9, "max": 1e10},
    "redshift": {"min": -0.5, "max": 20.0},
    "ebv": {"min": 0.0, "max": 5.0},
    "dust_map": None,
    "max_set_aside": 0.5,
}


def sound_survey():
    """Return {file name: text} of a survey of two splits: a (TDE), b and c for training, x, y and z for testing."""
    header = "object_id,Time (MJD),Flux,Flux_err,Filter\n"

    def points(name):
        return "".join(f"{name},{61000 + k}.5,{k - 1}.25,0.5,{band}\n" for k, band in enumerate("ugrizy"))

    return {
        LOG: "object_id,Z,Z_err,EBV,SpecType,English Translation,split,target\n"
        'a,0.1,,0.02,TDE,"elf, moon",split_01,1\nb,0.2,,0.03,SN Ia,tree,split_01,0\nc,0.3,,0.04,AGN,stone,split_02,0\n',
        TEST: "object_id,Z,Z_err,EBV,SpecType,English Translation,split\n"
        "x,0.4,0.03,0.05,,river,split_01\ny,0.5,0.04,0.06,,star,split_02\nz,-0.01,0.05,0.07,,leaf,split_02\n",
        SAMPLE: "object_id,prediction\nz,0\nx,0\ny,0\n",
        TRAIN_LC: header + points("a") + points("b"),
        TEST_LC: header + points("x"),
        SPLIT_2_LC: header + points("c"),
        OTHER_LC: header + points("y") + points("z"),
    }


def write_survey(files, folder):
    """Write {name: text or bytes} below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def ingest(survey, results, config=CONFIG, passbands=LSST):
    """Ingest the folder `survey` into `results`, as the workflow does; return the names of the splits."""
    splits, sets = kaggle.splits(survey), ("train", "test")
    write_logs(results / "metadata.parquet", kaggle.read_metadata(survey, splits, sets, config))
    for split in splits:
        outputs = [results / kind / f"{split}.parquet" for kind in ("lightcurves", "objects", "set_aside")]
        write_split(partial(kaggle.read_split, survey, split, sets, config, passbands), passbands, *outputs)
    return splits


def read_split(results, split):
    """Return the light curves, the rows set aside and the counts of one ingested split."""
    points, objects, aside = (results / kind / f"{split}.parquet" for kind in ("lightcurves", "objects", "set_aside"))
    counts = {name: int(n) for name, n in read_metadata(aside).items() if not name.startswith("ARROW")}
    return read_lightcurves(points, objects), read_columns(aside), counts
