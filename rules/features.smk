# Needs:  results/{lightcurves,objects,posterior}/{split}.parquet, results/fits/..., results/logs.parquet.
# Makes:  results/families/{family}/{split}.parquet, results/features/{train,test}.parquet.
#
# A family is a module of mallorn.features and a block `features.NAME` of config.yaml; one rule serves them all.

ARTIFACTS = {
    "lightcurves": "results/lightcurves/{split}.parquet",
    "posterior": "results/posterior/{split}.parquet",
    "fits/multiband": "results/fits/multiband/{split}.parquet",
    "fits/hypotheses": "results/fits/hypotheses/{split}.parquet",
    "fits/drw": {band: f"results/fits/drw/{{split}}/{band}.parquet" for band in BANDS},
    "fits/matern": {band: f"results/fits/matern/{{split}}/{band}.parquet" for band in BANDS},
}
READERS = {"posterior": "mallorn.gp.posterior"}  # modules that the adapter of extract_features loads for an artifact


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


rule extract_features:
    input:
        family_inputs,
        objects="results/objects/{split}.parquet",
    output:
        "results/families/{family}/{split}.parquet",
    log:
        "results/log/extract_features/{family}/{split}.log",
    benchmark:
        "results/benchmarks/extract_features/{family}/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400, 40),
        runtime=minutes(5, 1),
    params:
        code=family_code,
        artifacts=artifacts_of,
        settings=family_settings,
    message:
        "Computing {wildcards.family} features of {wildcards.split}"
    script:
        "../workflow/scripts/extract_features.py"


rule join_features:
    input:
        logs="results/logs.parquet",
        families=expand("results/families/{family}/{split}.parquet", family=FAMILIES, split=SPLITS),
    output:
        train="results/features/train.parquet",
        test="results/features/test.parquet",
    log:
        "results/log/join_features.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("join_features"),
        settings={"families": FAMILIES},
    message:
        "Joining the features of all splits"
    script:
        "../workflow/scripts/join_features.py"
