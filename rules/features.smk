# Needs:  results/{lightcurves,objects,posterior}/{split}.parquet, results/fits/..., results/logs.parquet.
# Makes:  results/families/{family}/{split}.parquet, results/features/{train,test}.parquet.
#
# A family is a module of mallorn.features and a block `features.NAME` of config.yaml; one rule serves them all.

ARTIFACTS = {
    "lightcurves": "results/lightcurves/{split}.parquet",
    "posterior": "results/posterior/{split}.parquet",
    "fits/multiband": "results/fits/multiband/{split}.parquet",
    "fits/hypotheses": "results/fits/hypotheses/{split}.parquet",
    "fits/drw": expand("results/fits/drw/{{split}}/{band}.parquet", band=BANDS),
    "fits/matern": expand("results/fits/matern/{{split}}/{band}.parquet", band=BANDS),
}
READERS = {"posterior": "mallorn.gp.posterior"}  # modules that the adapter of extract_features loads for an artifact


def needs_of(family):
    """Return the artifacts that a family reads, as its module states them."""
    return constant(f"mallorn.features.{family}", "NEEDS")


def family_code(wildcards):
    """Return the digest of all code that makes one family."""
    readers = [READERS[need] for need in needs_of(wildcards.family) if need in READERS]
    return code_of("extract_features", f"mallorn.features.{wildcards.family}", *readers)


rule extract_features:
    input:
        unpack(lambda wildcards: {need.replace("/", "_"): ARTIFACTS[need] for need in needs_of(wildcards.family)}),
        objects="results/objects/{split}.parquet",
    output:
        "results/families/{family}/{split}.parquet",
    log:
        "results/log/extract_features/{family}/{split}.log",
    benchmark:
        "results/benchmarks/extract_features/{family}/{split}.tsv"
    threads: 1
    resources:
        mem_mb=megabytes(400, 40),
        runtime=minutes(5, 1),
    params:
        code=family_code,
        settings=lambda wildcards: {
            "features": config["features"][wildcards.family],
            **({"posterior": config["posterior"]} if "posterior" in needs_of(wildcards.family) else {}),
        },
    message:
        "Computing {wildcards.family} features of {wildcards.split}"
    conda:
        ENVIRONMENT
    script:
        script_of("extract_features")


rule join_features:
    input:
        logs="results/logs.parquet",
        families=expand("results/families/{family}/{split}.parquet", family=FAMILIES, split=SPLITS),
    output:
        train="results/features/train.parquet",
        test="results/features/test.parquet",
    log:
        "results/log/join_features.log",
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("join_features"),
        settings={"families": FAMILIES},
    message:
        "Joining the features of all splits"
    conda:
        ENVIRONMENT
    script:
        script_of("join_features")
