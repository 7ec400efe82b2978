"""The golden light curves as other kinds of processors would score them: what differs, and by how much.

    PYTHONPATH=src:tests python tests/processors.py [RESULTS]          what `make processors` does

Other kinds are emulated on this processor, each in a new process, by what chooses among the machine code that packages
have for several kinds: OPENBLAS_CORETYPE (linear algebra of numpy and scipy), NPY_DISABLE_CPU_FEATURES (numpy),
NUMBA_CPU_NAME and NUMBA_CPU_FEATURES (what numba compiles), GLIBC_TUNABLES (exp, log, sin of the C library). XGBoost,
LightGBM and CatBoost have no such choice. Only what this processor can do can be emulated.

Printed are two tables, as docs/explanation/reproducibility.md has them. The first is of the golden light curves: the
largest difference of a feature of each family, of a probability by the model in tests/golden, and of one by the same
model trained there. The second is of RESULTS, the folder of a finished run: its members trained anew on its features
(out of fold, stratified, repeat 0), as it is on each kind; and on features of which a tenth, drawn at random, has
another last digit, as features of another processor may have.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
MEMBERS = ("catboost_multiclass", "logistic_multiclass", "lightgbm_multiclass")
LAST_DIGIT = "another last digit"

_NO_AVX512 = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL"
_NO_AVX = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX512VL,-AVX"


def _numpys(*kept):
    """Return what numpy is to leave out, in the words of its version: all that it has beyond `kept`."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name) and name not in kept)


def kinds():
    """Return {kind: environment} of all that are compared, the first as the processor is."""
    haswell = {"OPENBLAS_CORETYPE": "Haswell", "NUMBA_CPU_NAME": "haswell", "GLIBC_TUNABLES": _NO_AVX512}
    old = {"OPENBLAS_CORETYPE": "Nehalem", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    up_to_avx2 = ("X86_V3", "AVX2", "FMA3", "AVX", "F16C")
    return {
        "as it is": {},
        "two threads": {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        "linear algebra of AVX2": {"OPENBLAS_CORETYPE": "Haswell"},
        "numpy of AVX2": {"NPY_DISABLE_CPU_FEATURES": _numpys(*up_to_avx2)},
        "C library without FMA": {"GLIBC_TUNABLES": _NO_AVX},
        "numba for any x86-64": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
        "AVX2 throughout": {**haswell, "NPY_DISABLE_CPU_FEATURES": _numpys(*up_to_avx2)},
        "SSE throughout": {**old, "GLIBC_TUNABLES": _NO_AVX, "NPY_DISABLE_CPU_FEATURES": _numpys()},
    }


def run(environment, cache, *command):
    """Return what a command of Python prints in a new process with this environment, its last line."""
    own = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}", "MALLORN_CACHE": str(cache)}
    own |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment}
    done = subprocess.run([sys.executable, *command], env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{environment}: {done.stderr}")
    return done.stdout.splitlines()[-1]


def retrain(results, output, last_digit=""):
    """Write the out-of-fold probabilities of the mean of `MEMBERS`, trained on the features of a run, to an .npz file.

    last_digit: whether a tenth of the values get the next number of single precision, up or down.
    """
    from mallorn.io.tables import read_columns
    from mallorn.learning.classes import encode_classes
    from mallorn.learning.cross_validation import cross_validate
    from mallorn.learning.dataset import Labelled
    from mallorn.learning.folds import fold_of
    from mallorn.learning.pipeline import needs_of
    from mallorn.learning.tables import DatasetFiles, read_dataset
    from mallorn.settings.resolve import defaults

    config, found = defaults(), {}
    for name in MEMBERS:
        model = config["models"][name]
        files = DatasetFiles(str(Path(results, "features", "train.parquet")), (), (), ())
        dataset = read_dataset(files, config["training"], needs_of(model))
        if last_digit:
            dataset = _nudged(dataset)
        labels = fold_of(read_columns(Path(results, "folds.parquet")), "stratified", 0, dataset.object_id)
        classes, names, kinds = encode_classes(labels, model["classes"], config["training"], "TDE")
        rows = Labelled.of(dataset, classes, len(names), labels["event"], kinds, None)
        found[name] = cross_validate(rows, labels["fold"], model, config["seed"], 1).inside[:, 0]
    np.savez(output, target=labels["target"], mean=np.mean(list(found.values()), axis=0), **found)


def _nudged(dataset):
    """Return the data set with another last digit in a tenth of the values; equal values of a feature stay equal."""
    values = np.ascontiguousarray(dataset.features.values).copy()
    salt = np.random.default_rng(7).integers(1, 2**31, values.shape[1], dtype=np.uint64)
    draw = (
        (values.view(np.uint32).astype(np.uint64) * np.uint64(2654435761) + salt) % np.uint64(1_000_003) % np.uint64(20)
    )
    for drawn, toward in ((0, -np.inf), (1, np.inf)):
        chosen = draw == drawn
        values[chosen] = np.nextafter(values[chosen], np.float32(toward))
    return dataset.with_features(dataset.features.columns, values)


def golden_rows(cache):
    """Yield the rows of the table of the golden light curves."""
    script = str(ROOT / "tests" / "golden_model.py")
    for kind, environment in kinds().items():
        found = json.loads(run(environment, cache, script, "check"))
        trained = json.loads(run(environment, cache, script, "train"))["probability"]
        kept = found.pop("probability")
        differing = ", ".join(f"{family} {value:.1g}" for family, value in found.items() if value > 0)
        yield f"| {kind} | {differing or 'none'} | {kept:.1g} | {trained:.1g} |"


def results_rows(cache, results):
    """Yield the rows of the table of a finished run."""
    from mallorn.metrics import average_precision

    chosen = {name: own for name, own in kinds().items() if name in ("as it is", "AVX2 throughout", "SSE throughout")}
    first = None
    for kind, environment in {**chosen, LAST_DIGIT: {}}.items():
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "found.npz")
            last_digit = ["1"] if kind == LAST_DIGIT else []
            run(environment, cache, __file__, "retrain", str(results), str(output), *last_digit)
            found = dict(np.load(output))
        first = first or found
        for name in (*MEMBERS, "mean"):
            off = np.abs(found[name] - first[name])
            ap = average_precision(found["target"], found[name])
            yield f"| {kind} | {name} | {off.max():.1g} | {np.median(off):.1g} | {ap:.5f} |"


def main(what="", *arguments):
    """Print the tables; or train, in the processes that it starts."""
    if what == "retrain":
        retrain(*arguments)
        print("done")
        return
    with tempfile.TemporaryDirectory() as cache:
        print("| kind | features | probability | probability, trained there |\n|---|---|---|---|", flush=True)
        for row in golden_rows(cache):
            print(row, flush=True)
        if what:
            print(
                "\n| kind | model | largest difference | median | average precision |\n|---|---|---|---|---|",
                flush=True,
            )
            for row in results_rows(cache, what):
                print(row, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
