# Shared by all other files here: the checked configuration, the lists that wildcards run over, and functions of wildcards.

import gc
import os
import re
from functools import cache
from types import SimpleNamespace

import yaml
from snakemake.exceptions import WorkflowError

from mallorn.settings.checks import check_config, check_models, in_order
from mallorn.errors import ConfigError, DataError
from mallorn.runs.fingerprints import constant, fingerprint, module_digests
from mallorn.runs.tracking import check_tracking
from mallorn.sources.kaggle import LIGHTCURVE_FILES, LOG_FILES, SAMPLE_FILE, file_digest, find_splits, log_digest

gc.set_threshold(1_000_000)  # a plan of many jobs is millions of objects that stay: garbage is sought in vain


def read_yaml(*path):
    """Return what a YAML file of the workflow holds."""
    with open(Path(workflow.basedir, *path), encoding="utf-8") as stream:
        return yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


try:
    check_config(config, read_yaml("workflow", "schemas", "config.schema.yaml"))
    check_models(config)
    check_tracking(config)
    config = in_order(config, read_yaml("config.yaml"))
    if config["data_dir"] is None:
        DATA_DIR = "results/survey"
        SPLITS = [f"split_{k + 1:02d}" for k in range(config["simulation"]["n_splits"])]
    else:
        DATA_DIR = config["data_dir"]
        SPLITS = find_splits(DATA_DIR)
    NEW_SPLITS = find_splits(config["new_data"], ["test"], "new_data") if config["new_data"] else []
except (ConfigError, DataError) as error:
    raise WorkflowError(str(error)) from None

SAMPLE = f"{DATA_DIR}/{SAMPLE_FILE}"
if config["data_dir"] is not None and not Path(SAMPLE).is_file():
    SAMPLE = []  # the test log gives the order of the submission
SURVEY = [*(f"{DATA_DIR}/{name}" for name in LOG_FILES.values()), *([SAMPLE] if SAMPLE else [])]

BANDS = constant("mallorn.survey.passbands", "BANDS")
FAMILIES = [name for name, block in config["features"].items() if block["enabled"]]
AUGMENTATIONS = [name for name, block in config["augmentations"].items() if block["enabled"]]
FINAL = constant("mallorn.learning.training_sets", "FINAL")
TRAININGS = [FINAL, *(f"outer_{fold}" for fold in range(config["folds"]["number"]))]
PROTOCOLS = constant("mallorn.learning.folds", "PROTOCOLS")
REPEATS = range(config["folds"]["repeats"])
MODELS = [name for name, block in config["models"].items() if block["enabled"]]
ENSEMBLES = [name for name, block in config["ensembles"].items() if block["enabled"]]
MEMBERS = [name for name in config["models"] if any(name in config["ensembles"][e]["members"] for e in ENSEMBLES)]
PREDICTIONS = "results/predictions/{training}/{protocol}/{repeat}/{model}"
FITS = f"{PREDICTIONS}/models"
SUBMITTED = config["submission"]["protocol"]
SUBMITTED_MODELS = (
    config["ensembles"][config["submission"]["model"]]["members"]
    if config["submission"]["model"] in ENSEMBLES
    else [config["submission"]["model"]]
)
NEW = "new"  # the new objects of new_data: their splits are {split}.new, their feature table features/new.parquet
TUNING = "results/tuning/{study}/{model}"
PREDICTED = {
    name: f"{PREDICTIONS}/{name}.parquet"
    for name in ("out_of_fold", "held_out", *(["photoz"] if "photoz" in AUGMENTATIONS else []))
}
SPLIT_NAME = r"split_[A-Za-z0-9_-]+"  # not a list of SPLITS: looking through that takes longer the more there are


wildcard_constraints:
    split="|".join([SPLIT_NAME, *([rf"{SPLIT_NAME}\.{NEW}"] if NEW_SPLITS else []), *map(re.escape, AUGMENTATIONS)]),
    kind="|".join(config["augmentations"]),
    family="|".join(config["features"]),


@cache
def code_of(adapter, *modules):
    """Return the digest of the library code that an adapter reaches, and of `modules` that it loads by name."""
    return fingerprint(Path(workflow.basedir, "workflow", "scripts", f"{adapter}.py"), *modules)


def megabytes_of(paths):
    """Return the size of files in MB; like `input.size_mb`, without its cost of a millisecond for each job."""
    return sum(map(os.path.getsize, paths)) / 2**20


def files_of(named):
    """Return the files of a named input, one or several, as a list."""
    return [named] if isinstance(named, str) else list(named)


SNAKEMAKE_MB = 400  # on a cluster two processes of Snakemake, of 190 MB each, share the memory of a job


def megabytes(fixed, per_input=0.0, of=None):
    """Return a `mem_mb` function: `fixed` plus `per_input` times the size of the input, twice as much at each retry.

    of: names of the inputs whose size counts, where the others are read a part at a time. What Snakemake itself needs
    comes on top.
    """
    counted = lambda input: input if of is None else [path for name in of for path in files_of(input.get(name, []))]
    size = lambda input: per_input * megabytes_of(counted(input)) if per_input else 0.0
    return lambda wildcards, input, attempt: int((SNAKEMAKE_MB + fixed + size(input)) * 2 ** (attempt - 1))


def minutes(fixed, per_input=0.0):
    """Return a `runtime` function: `fixed` minutes plus `per_input` times the input's MB, twice as much at each retry."""
    size = lambda input: per_input * megabytes_of(input) if per_input else 0.0
    return lambda wildcards, input, attempt: int((fixed + size(input)) * 2 ** (attempt - 1) + 1)


def digests(*names):
    """Return a function of wildcards that digests files of the survey; of a simulated one, the jobs that make it know."""

    def of_files(wildcards):
        if config["data_dir"] is None:
            return None
        return [file_digest(Path(DATA_DIR, name.format(**wildcards))) for name in names]

    return of_files


def log_rows(wildcards):
    """Return a digest of what ingestion reads of the logs for one split, so that other rows do not matter to it.

    A simulated split is made anew whenever its log rows are.
    """
    if config["data_dir"] is None:
        return None
    return log_digest(f"{DATA_DIR}/train_log.csv", f"{DATA_DIR}/test_log.csv", wildcards.split)


ARTIFACTS = {
    "lightcurves": "results/lightcurves/{split}.parquet",
    "posterior": "results/posterior/{split}.parquet",
    "fits/multiband": "results/fits/multiband/{split}.parquet",
    "fits/hypotheses": "results/fits/hypotheses/{split}.parquet",
    "fits/drw": {band: f"results/fits/drw/{{split}}/{band}.parquet" for band in BANDS},
    "fits/matern": {band: f"results/fits/matern/{{split}}/{band}.parquet" for band in BANDS},
}
ENGINE = {"engine": "results/engine"} if config["gp"]["engine"] == "compiled" else {}
READERS = {"posterior": "mallorn.gp.posterior"}  # modules that the adapter of extract_features loads for an artifact


@cache
def needs_of(family):
    """Return the artifacts that a family reads, as its module states them."""
    return constant(f"mallorn.features.{family}", "NEEDS")


def artifacts_of(wildcards):
    """Return {artifact: path} of what a family reads of a split; {passband: path} for fits of single passbands."""
    fill = lambda path: path.format(split=wildcards.split)
    return {
        need: (
            {band: fill(path) for band, path in ARTIFACTS[need].items()}
            if isinstance(ARTIFACTS[need], dict)
            else fill(ARTIFACTS[need])
        )
        for need in needs_of(wildcards.family)
    }


def family_inputs(wildcards):
    """Return the paths of `artifacts_of` as a flat list."""
    paths = artifacts_of(wildcards).values()
    return [path for one in paths for path in (one.values() if isinstance(one, dict) else [one])]


def family_code(wildcards):
    """Return the digest of all code that makes one family."""
    readers = [READERS[need] for need in needs_of(wildcards.family) if need in READERS]
    return code_of("extract_features", f"mallorn.features.{wildcards.family}", *readers)


def family_settings(wildcards):
    """Return the blocks of the configuration that one family reads."""
    posterior = {"posterior": config["posterior"]} if "posterior" in needs_of(wildcards.family) else {}
    return {"features": config["features"][wildcards.family], **posterior}


def feature_state():
    """Return what features are made by: digests of code and blocks of the configuration, for results/model to hold."""
    adapters = (
        "ingest",
        "fit_drw",
        "fit_matern",
        "fit_multiband",
        "predict_posterior",
        "fit_hypotheses",
        "join_features",
    )
    code = {name: code_of(name) for name in adapters}
    code |= {f"features.{family}": family_code(SimpleNamespace(family=family)) for family in FAMILIES}
    settings = {name: config[name] for name in ("ingest", "fits", "posterior")}
    return {"code": code, "settings": {**settings, "features": {name: config["features"][name] for name in FAMILIES}}}


def joined_inputs(wildcards):
    """Return the inputs of join_features: metadata, and all families of all splits, of one augmentation, or of new ones."""
    metadata = {
        "train": "results/metadata.parquet",
        "test": "results/metadata.parquet",
        NEW: "results/classified/metadata.parquet",
    }
    splits = {"train": SPLITS, "test": SPLITS, NEW: [f"{split}.{NEW}" for split in NEW_SPLITS]}
    splits = splits.get(wildcards.table, [wildcards.table])
    return {
        "metadata": metadata.get(wildcards.table, f"results/augmented/{wildcards.table}.parquet"),
        "families": expand("results/families/{family}/{split}.parquet", family=FAMILIES, split=splits),
    }


def joined_settings(wildcards):
    """Return what join_features is told: the families in order, and the set whose objects are joined."""
    return {"families": FAMILIES, "set": "test" if wildcards.table in ("test", NEW) else "train"}


def no_new_data(wildcards):
    """Say that there is nothing to classify."""
    raise WorkflowError("classify: expected new_data, a folder of new objects. Next step: --config new_data=FOLDER")


def training_tables(wildcards):
    """Return the files that a training set needs beside the training objects: feature tables, tuned parameters."""
    tables = {name: f"results/features/{name}.parquet" for name in AUGMENTATIONS}
    tables |= model_tables(wildcards.model)
    for kind in AUGMENTATIONS:
        tables |= view_inputs(views_of_model(wildcards.model), [kind], f"{kind}_")
    if config["training"]["importance_weights"]:
        tables["weights"] = "results/evaluation/importance_weights.parquet"
    if wildcards.training == FINAL:
        tables["test"] = "results/features/test.parquet"
    if config["models"][wildcards.model]["tuned"]:
        outer = f"{wildcards.training}_{wildcards.protocol}_{wildcards.repeat}"
        study = FINAL if wildcards.training == FINAL else outer
        tables["parameters"] = f"{TUNING}/best.yaml".format(study=study, model=wildcards.model)
    return tables


def predicted(patterns, wildcards, model):
    """Return {name: path} of the predictions of `model` for the training set, protocol and repeat of `wildcards`."""
    return {
        name: pattern.format(
            training=wildcards.training, protocol=wildcards.protocol, repeat=wildcards.repeat, model=model
        )
        for name, pattern in patterns.items()
    }


def final_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train on all training objects."""
    if name not in PREDICTED:
        return []
    return expand(PREDICTED[name], training=FINAL, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=REPEATS)


def outer_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train without an outer fold."""
    outer = [training for training in TRAININGS if training != FINAL]
    repeats = REPEATS[: config["evaluation"]["nested"]["repeats"]]
    return expand(PREDICTED[name], training=outer, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=repeats)


def scoring_settings(*blocks):
    """Return what an adapter that scores decisions reads of the configuration, with further `blocks`."""
    evaluation = {name: config["evaluation"][name] for name in ("level", "rounds", "precision", "bins")}
    decision = {name: config[name] for name in ("seed", "threshold", "calibration", *blocks)}
    return {**decision, "evaluation": evaluation}


def learner_code(adapter, model):
    """Return the digest of the code of an adapter that trains `model`, with what it loads by name."""
    block = config["models"][model]
    ranker = modules_of_model(config["selection"]["ranker"]) if block["selection"] else []
    return code_of(adapter, *sorted({*modules_of_model(block), *ranker}))


@cache
def stated(module, name, default=()):
    """Return the literal `name` that a module states; `default` if it states none."""
    try:
        return constant(module, name)
    except LookupError:
        return default


def modules_of_model(block):
    """Return the modules that a block of `models`, or one like it, loads by name: its learner and its transforms."""
    learner = f"mallorn.learners.{block['learner']}"
    transforms = [*block.get("transforms", {}), *stated(learner, "TRANSFORMS")]
    transforms += ["selection"] if block.get("selection") else []
    return [learner, *(f"mallorn.learning.transforms.{name}" for name in transforms)]


MODEL_MODULES = sorted({module for block in config["models"].values() for module in modules_of_model(block)})


def views_of_model(model):
    """Return the views of the data set that a model reads, beside features: of grid and points."""
    needs = {need for module in modules_of_model(config["models"][model]) for need in stated(module, "NEEDS")}
    return needs & {"grid", "points"}


def view_inputs(views, splits, prefix=""):
    """Return {name: paths} of the files that views of the objects in `splits` are read from."""
    named = {"lightcurves": ["points"], "objects": ["points"], "posterior": ["grid"]}
    return {
        f"{prefix}{name}": [f"results/{name}/{split}.parquet" for split in splits]
        for name, needed_by in named.items()
        if views.intersection(needed_by)
    }


def model_tables(model):
    """Return {name: path or paths} of the training objects of an adapter that trains `model`."""
    return {"train": "results/features/train.parquet", **view_inputs(views_of_model(model), SPLITS)}


def with_learner_memory(mem_mb):
    """Return a `mem_mb` function of a rule that trains {model}: `mem_mb` and the MB that its learner asks for."""
    more = learner_resource("memory_mb")
    return lambda wildcards, input, attempt: mem_mb(wildcards, input, attempt) + more(wildcards) * 2 ** (attempt - 1)


def learner_resource(name, default=0):
    """Return a function of wildcards: what the learner of {model} asks for in its `RESOURCES`, such as gpus."""
    learner = lambda wildcards: f"mallorn.learners.{config['models'][wildcards.model]['learner']}"
    return lambda wildcards: dict(stated(learner(wildcards), "RESOURCES")).get(name, default)


def training_settings(model, *blocks):
    """Return what an adapter that trains `model` reads of the configuration, with further `blocks`."""
    return {
        "model": config["models"][model],
        **{name: config[name] for name in ("seed", "target", "training", *blocks)},
    }


def class_settings():
    """Return what says of which class an object is: the class sought, and the types of the others."""
    training = {name: config["training"][name] for name in ("classes", "other_class")}
    return {"target": config["target"], "training": training}


def tuning_settings(model):
    """Return what the search for parameters of `model` reads of the configuration."""
    block = {key: value for key, value in config["models"][model].items() if key not in ("enabled", "tuned")}
    metric = config["tuning"]["metric"]
    return {**training_settings(model, "selection"), "model": block, "metric": metric}


def submitted(name):
    """Return the files `name` of the predictions that the submission is made of, one for each repeat."""
    protocol, model = config["submission"]["protocol"], config["submission"]["model"]
    return expand(f"{PREDICTIONS}/{name}.parquet", training=FINAL, protocol=protocol, model=model, repeat=REPEATS)


def importances():
    """Return the files of the importances of features in the submitted model, or in the members of the ensemble."""
    protocol, model = config["submission"]["protocol"], config["submission"]["model"]
    models = config["ensembles"][model]["members"] if model in config["ensembles"] else [model]
    pattern = f"{PREDICTIONS}/importance.parquet"
    return expand(pattern, training=FINAL, protocol=protocol, model=models, repeat=REPEATS)


def submitted_note():
    """Return what the report says of the models whose importances it shows, if they are members of an ensemble."""
    model = config["submission"]["model"]
    if model not in config["ensembles"]:
        return ""
    return f", the mean over its members {', '.join(config['ensembles'][model]['members'])}"


def scored_modules():
    """Return {module: digest of its code} of the modules that scores depend on."""
    stages = ("ingest_logs", "ingest", "fit_drw", "fit_matern", "fit_multiband", "predict_posterior", "fit_hypotheses")
    stages += ("extract_features", "join_features", "make_folds", "cross_validate", "combine", "score")
    adapters = [Path(workflow.basedir, "workflow", "scripts", f"{name}.py") for name in stages]
    return module_digests(*adapters, *FAMILY_MODULES, *MODEL_MODULES)


def template_digests():
    """Return {template: digest} of the pages of the report, their style and scripts."""
    folder = Path(SOURCE, "mallorn", "report", "templates")
    return {path.name: file_digest(path) for path in sorted(folder.iterdir())}


def digests_of_further_results():
    """Return {path: digest} of the results that the report shows if they were asked for, so that it follows them."""
    kinds = ("results/evaluation/*.csv", "results/evaluation/audits.json", "results/evaluation/figures/*.svg")
    kinds += ("results/tuning/*/*/best.yaml", "results/benchmarks/summary.csv")
    found = sorted(str(path) for kind in kinds for path in Path().glob(kind))
    return {path: file_digest(path) for path in found if path not in EVALUATED}


def explanations():
    """Return the file of the SHAP values of the submitted model, or of the first member of it that can be explained."""
    model = config["submission"]["model"]
    models = config["ensembles"][model]["members"] if model in config["ensembles"] else [model]
    explained = [name for name in models if name in config["explanations"]["models"]]
    return [f"results/explanations/{explained[0]}.parquet"] if explained else []


def show_summary():
    """Log the scores and where the results are, after a run that made them."""
    from mallorn.runtime.summary import summary

    text = summary("results")
    if text:
        print(text, file=sys.stderr)


def schedule_when_jobs_end():
    """Let a run on this machine look for jobs to start when one has ended, and not by the clock too.

    Snakemake 9.27 looks again a second after each look, for its limit of jobs a second, and once more for each job that
    has ended: after a thousand jobs it does so a thousand times a second. A cluster keeps that limit.
    """
    if workflow.local_exec and hasattr(workflow.scheduler, "job_rate_limiter"):
        workflow.scheduler.job_rate_limiter = None


def warn_of_shortages():
    """Warn before a run that disk or memory may not suffice for the splits that it reads or fits."""
    import shutil

    import psutil

    from mallorn.runtime.guards import shortages

    planned = {job.wildcards.get("split") for job in workflow.dag.needrun_jobs()} & set(SPLITS)
    local = workflow.executor_plugin.common_settings.local_exec
    memory = psutil.virtual_memory().available if local else None
    sizes = [bytes_of_split(split) for split in sorted(planned)]
    for warning in shortages(sizes, workflow.cores, shutil.disk_usage(".").free, memory):
        print(f"WARNING: {warning}", file=sys.stderr)


def bytes_of_split(split):
    """Return the size of a split's light curves, estimated at 9 kB an object for a simulated survey."""
    if config["data_dir"] is not None:
        return sum(Path(DATA_DIR, split, name).stat().st_size for name in LIGHTCURVE_FILES.values())
    simulation = config["simulation"]
    objects = sum(simulation["sources"].values()) * sum(simulation["siblings"].values())
    return 9000 * objects / simulation["n_splits"]


def show_failures():
    """Write the errors of failed jobs to the terminal, after all that Snakemake writes."""
    import atexit

    from mallorn.runtime.summary import failures

    jobs = [job for failed in workflow.scheduler.failed for job in getattr(failed, "jobs", [failed])]
    named = sorted((", ".join([job.rule.name, *map(str, job.wildcards)]), next(iter(job.log), None)) for job in jobs)
    if named:
        atexit.register(print, failures(named), file=sys.stderr)
