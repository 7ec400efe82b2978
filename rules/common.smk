# Shared by all other files here: the checked configuration, the lists that wildcards run over, and their constraints.

import gc
import re

from snakemake.exceptions import WorkflowError

from mallorn import plugins
from mallorn.errors import ConfigError, DataError
from mallorn.io.digests import file_digest
from mallorn.runs.fingerprints import constant, digests_of_adapters
from mallorn.runs.inputs import simulated
from mallorn.runs.resources import megabytes, megabytes_of, minutes
from mallorn.runs.tracking import check_tracking
from mallorn.settings.given import check_given
from mallorn.settings.resolve import resolve
from mallorn.simulate.cadence import median_depth
from mallorn.sources import kaggle
from mallorn.sources.source import open_source
from mallorn.survey.dust_map import map_files
from mallorn.survey.passbands import passbands_of_run, shipped_surveys, surveys_of_run
from mallorn.survey.taxonomy import read_taxonomy

gc.set_threshold(1_000_000)  # a plan of many jobs has millions of lasting objects: looking for garbage finds none


include: "functions/common.smk"


SPLIT = r"split_[A-Za-z0-9_-]+"  # not a list of SPLITS, which takes longer to match the more there are
code_of = digests_of_adapters(lambda adapter: local(f"scripts/{adapter}.py"))

try:
    plugins.use(config.get("plugins") or [])
    check_given(workflow.config_settings.config, workflow.configfiles)
    config = resolve(config, shipped_surveys())
    check_tracking(config)
    TAXONOMY = read_taxonomy(config["taxonomy"]).as_given()  # jobs follow the content of the file
    SETS, NEW_SETS = ["train", "test"], ["test"]
    SOURCE = "kaggle" if config["data_dir"] is None else config["source"]  # what reads the survey
    NEW_SOURCE = config["new_source"] or config["source"]
    READ = {name: open_source(name, config) for name in (SOURCE, NEW_SOURCE)}
    if config["data_dir"] is None:
        DATA_DIR = "results/survey"
        SPLITS = [f"split_{k + 1:02d}" for k in range(config["simulation"]["n_splits"])]
        METADATA = [f"{DATA_DIR}/{name}" for name in (*kaggle.LOG_FILES.values(), kaggle.SAMPLE_FILE)]
    else:
        DATA_DIR = str(Path(config["data_dir"]))  # without a slash at its end
        SPLITS = READ[SOURCE].splits(DATA_DIR, SETS, "data_dir")
        METADATA = READ[SOURCE].metadata_files(DATA_DIR, SETS)
    NEW_DATA = config["new_data"] and str(Path(config["new_data"]))
    NEW_SPLITS = READ[NEW_SOURCE].splits(NEW_DATA, NEW_SETS, "new_data") if NEW_DATA else []
    NEW_METADATA = READ[NEW_SOURCE].metadata_files(NEW_DATA, NEW_SETS) if NEW_DATA else []
    plain([DATA_DIR, *filter(None, [NEW_DATA])])
    for split in SPLITS + NEW_SPLITS:
        if not re.fullmatch(SPLIT, split):
            raise DataError(
                f"the source called a split {split!r}, which does not match {SPLIT}; see mallorn.sources.source"
            )
    PASSBANDS, NEW_PASSBANDS = passbands_of_run(config)
    SURVEYS, NEW_SURVEYS = surveys_of_run(config)
    DUST_MAP = plain(map_files(config["ingest"]["dust_map"]))
    DUST_MB = 3 * megabytes_of(DUST_MAP)  # SFD takes 140 MB for files of 134
    if config["data_dir"] is None:
        depths = median_depth(config["simulation"], PASSBANDS).tolist()
        config["simulation"]["depth"] = dict(zip(PASSBANDS.names, depths))  # jobs then follow the shipped depths
except (ConfigError, DataError) as error:
    raise WorkflowError(str(error)) from None

# Names of results.
CALLED = simulated(config["simulation"]["survey"], config["seed"]) if config["data_dir"] is None else DATA_DIR
SLOTS = constant("mallorn.survey.passbands", "SLOTS")
FAMILIES = [name for name, block in config["features"].items() if block["enabled"]]
AUGMENTATIONS = [name for name, block in config["augmentations"].items() if block["enabled"]]
FINAL, ALL_COPIES = (constant("mallorn.learning.training_sets", name) for name in ("FINAL", "COPIES"))
WITHOUT_REDSHIFT, OTHER_SURVEYS, OTHER_SURVEYS_WITHOUT_REDSHIFT, EARLY, EARLY_WITHOUT_REDSHIFT = ALL_COPIES
ALSO_WITHOUT_REDSHIFT = {OTHER_SURVEYS: OTHER_SURVEYS_WITHOUT_REDSHIFT, EARLY: EARLY_WITHOUT_REDSHIFT}
if WITHOUT_REDSHIFT in AUGMENTATIONS:
    AUGMENTATIONS += [name for of, name in ALSO_WITHOUT_REDSHIFT.items() if of in AUGMENTATIONS]
ALTERED = [name for name in AUGMENTATIONS if name not in ALL_COPIES]  # beside the objects, in the same jobs
TRAININGS = [FINAL, *(f"outer_{fold}" for fold in range(config["folds"]["number"]))]
PROTOCOLS = constant("mallorn.learning.folds", "PROTOCOLS")
REPEATS = range(config["folds"]["repeats"])
REPEATS_OF_COPIES = {  # of the training sets of copies that there are
    name: REPEATS[: config["augmentations"][augmentation_of(name)]["repeats"]]
    for name in ALL_COPIES
    if name in AUGMENTATIONS
}
MODELS = [name for name, block in config["models"].items() if block["enabled"]]
ENSEMBLES = [name for name, block in config["ensembles"].items() if block["enabled"]]
MEMBERS = [name for name in config["models"] if any(name in config["ensembles"][e]["members"] for e in ENSEMBLES)]
SUBMITTED = config["submission"]["protocol"]
SUBMITTED_MODEL = config["submission"]["model"]
SUBMITTED_ENSEMBLE = [name for name in ENSEMBLES if name == config["submission"]["model"]]
SUBMITTED_MODELS = (
    config["ensembles"][config["submission"]["model"]]["members"]
    if SUBMITTED_ENSEMBLE
    else [config["submission"]["model"]]
)

# {drawn}.draw{draw}: one draw of the photometric redshifts of the objects of a table.
NEW = "new"
DRAWS = {"test": config["photoz_draws"]["test"], NEW: config["photoz_draws"]["new"]}
DRAWS["photoz"] = config["augmentations"]["photoz"]["draws"] if "photoz" in AUGMENTATIONS else 1
DRAWN = r"(\.draw\d+)?"

PRETRAINING = "pretraining"  # the simulated objects that networks learn from first, as a part of their own
# Paths that many rules read. {part} is what one job makes: a split, a split of new objects, {split}.new, or one kind of
# augmentation of all training objects; each also as one draw of redshifts. {split} is a split of the survey, or of the
# new objects.
LIGHTCURVES = {"points": "results/lightcurves/{part}.parquet", "objects": "results/objects/{part}.parquet"}
ALL_LIGHTCURVES = {
    "lightcurves": expand(LIGHTCURVES["points"], part=SPLITS),
    "objects": expand(LIGHTCURVES["objects"], part=SPLITS),
}
PREDICTIONS = "results/predictions/{training}/{protocol}/{repeat}/{model}"
PHOTOZ = ["photoz"] if "photoz" in AUGMENTATIONS else []
PHOTOZ += ["photoz_averaged"] if draws_of("photoz") else []
PREDICTED = {name: f"{PREDICTIONS}/{name}.parquet" for name in ("out_of_fold", "held_out", *PHOTOZ)}
PREDICTED_OF_COPIES = {name: PREDICTED[name] for name in ("out_of_fold", "held_out")}
FITS = f"{PREDICTIONS}/models"
FOREST = "results/forests/{training}.npz"
OUTLIERS = "results/outliers/{training}.npz"
FITTED_ONCE = f"{PREDICTIONS}/once"


# the parts whose features are made
ALL_PARTS = "|".join(f"{part}{DRAWN}" for part in [SPLIT, rf"{SPLIT}\.{NEW}", *map(re.escape, AUGMENTATIONS)])


wildcard_constraints:
    split=SPLIT,
    part=f"{ALL_PARTS}|{PRETRAINING}",
    draw=r"\d+",
    kind="|".join([*config["augmentations"], *ALSO_WITHOUT_REDSHIFT.values()]),
    family="|".join(config["features"]),
    training="|".join([*TRAININGS, *ALL_COPIES]),
    protocol="|".join(PROTOCOLS),
    repeat=r"\d+",
    worker=r"\d+",
    objects=r"\d+",
    object=constant("mallorn.report.names", "NAME_PATTERN"),
