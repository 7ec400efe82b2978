# Needs:  results/predictions/..., results/folds.parquet, results/features/train.parquet.
# Makes:  results/evaluation/{scores,ablation,selection}.csv.


rule score:
    input:
        out_of_fold=final_predictions("out_of_fold"),
        photoz=final_predictions("photoz"),
        folds="results/folds.parquet",
    output:
        "results/evaluation/scores.csv",
    log:
        "results/log/score.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("score"),
        settings=scoring_settings(),
    message:
        "Scoring the out-of-fold predictions"
    script:
        "../workflow/scripts/score.py"


rule ablate_families:
    input:
        train="results/features/train.parquet",
        folds="results/folds.parquet",
    output:
        "results/evaluation/ablation.csv",
    log:
        "results/log/ablate_families.log",
    benchmark:
        "results/benchmarks/ablate_families.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: workflow.cores
    resources:
        mem_mb=megabytes(2000, 40),
        runtime=minutes(60, 5),
    params:
        code=learner_code("ablate_families", config["ablation"]["model"]),
        settings=training_settings(config["ablation"]["model"], "threshold", "ablation"),
    message:
        "Scoring without each feature family, and with each alone"
    script:
        "../workflow/scripts/ablate_families.py"


rule select_features:
    input:
        train="results/features/train.parquet",
        folds="results/folds.parquet",
    output:
        "results/evaluation/selection.csv",
    log:
        "results/log/select_features.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(1000, 20),
        runtime=minutes(20, 1),
    params:
        code=code_of("select_features", f"mallorn.models.{config['selection']['ranker']['learner']}"),
        settings={name: config[name] for name in ("seed", "training", "selection")},
    message:
        "Finding the features that stability selection keeps"
    script:
        "../workflow/scripts/select_features.py"
