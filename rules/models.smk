# Needs:  results/logs.parquet, results/{lightcurves,objects}/{split}.parquet, results/features/{train,test}.parquet.
# Makes:  results/folds.parquet, results/predictions/..., results/threshold.json, results/{submission,probabilities}.csv.

PROTOCOLS = constant("mallorn.folds", "PROTOCOLS")
REPEATS = range(config["folds"]["repeats"])
MODELS = [name for name, block in config["models"].items() if block["enabled"]]
PREDICTIONS = "results/predictions/{protocol}/{model}/{repeat}"


wildcard_constraints:
    protocol="|".join(PROTOCOLS),
    model="|".join(map(re.escape, config["models"])),
    repeat=r"\d+",


rule make_folds:
    input:
        logs="results/logs.parquet",
        lightcurves=expand("results/lightcurves/{split}.parquet", split=SPLITS),
        objects=expand("results/objects/{split}.parquet", split=SPLITS),
    output:
        "results/folds.parquet",
    log:
        "results/log/make_folds.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 5),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("make_folds"),
        settings={"seed": config["seed"], "folds": config["folds"]},
    message:
        "Finding siblings and drawing folds"
    script:
        "../workflow/scripts/make_folds.py"


rule cross_validate:
    input:
        train="results/features/train.parquet",
        test="results/features/test.parquet",
        folds="results/folds.parquet",
    output:
        out_of_fold=f"{PREDICTIONS}/out_of_fold.parquet",
        test=f"{PREDICTIONS}/test.parquet",
        importance=f"{PREDICTIONS}/importance.parquet",
    log:
        "results/log/cross_validate/{protocol}/{model}/{repeat}.log",
    benchmark:
        "results/benchmarks/cross_validate/{protocol}/{model}/{repeat}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(1000, 20),
        runtime=minutes(20, 1),
    params:
        code=lambda wildcards: learner_code("cross_validate", wildcards.model),
        settings=lambda wildcards: training_settings(wildcards.model, "selection"),
    message:
        "Cross-validating {wildcards.model} on {wildcards.protocol} folds, repeat {wildcards.repeat}"
    script:
        "../workflow/scripts/cross_validate.py"


rule choose_threshold:
    input:
        out_of_fold=expand(
            f"{PREDICTIONS}/out_of_fold.parquet",
            protocol=config["submission"]["protocol"],
            model=config["submission"]["model"],
            repeat=REPEATS,
        ),
        folds="results/folds.parquet",
    output:
        "results/threshold.json",
    log:
        "results/log/choose_threshold.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("choose_threshold"),
        settings={"threshold": config["threshold"]},
    message:
        "Choosing the threshold of the submission"
    script:
        "../workflow/scripts/choose_threshold.py"


rule write_submission:
    input:
        logs="results/logs.parquet",
        predictions=expand(
            f"{PREDICTIONS}/test.parquet",
            protocol=config["submission"]["protocol"],
            model=config["submission"]["model"],
            repeat=REPEATS,
        ),
        threshold="results/threshold.json",
    output:
        submission="results/submission.csv",
        probabilities="results/probabilities.csv",
    log:
        "results/log/write_submission.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("write_submission"),
    message:
        "Writing the submission"
    script:
        "../workflow/scripts/write_submission.py"
