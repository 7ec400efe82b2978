# Needs:  results/{lightcurves,objects,posterior}/{split}.parquet, results/fits/..., results/logs.parquet.
# Makes:  results/families/{family}/{split}.parquet, results/features/{table}.parquet (train, test, copies).  docs/features.md.
#
# A family is a module of mallorn.features and a block `features.NAME` of config.yaml; one rule serves them all.


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
        mem_mb=megabytes(800),
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
        unpack(joined_inputs),
    output:
        "results/features/{table}.parquet",
    log:
        "results/log/join_features/{table}.log",
    wildcard_constraints:
        table="|".join(["train", "test", NEW, *COPIES]),
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("join_features"),
        settings=joined_settings,
    message:
        "Joining the features of all splits: {wildcards.table}"
    script:
        "../workflow/scripts/join_features.py"


rule feature_catalogue:
    output:
        "docs/features.md",
    log:
        "results/log/feature_catalogue.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    params:
        code=code_of("feature_catalogue", *(f"mallorn.features.{family}" for family in config["features"])),
        settings=config["features"],
    message:
        "Writing the catalogue of all features"
    script:
        "../workflow/scripts/feature_catalogue.py"
