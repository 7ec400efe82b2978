# Needs:  results/features/train.parquet, results/folds.parquet.
# Makes:  results/tuning/{training}/{protocol}/{repeat}/{model}/: trials_{worker}.parquet, trials.parquet, best.yaml,
#         history.png, importance.png; journal.log beside them holds the trials while the workers run, and outlives a kill.
# Parameters for all training objects are searched once, in `final`; without an outer fold, once for each set of folds.


include: "functions/tuning.smk"


TUNING = "results/tuning/{training}/{protocol}/{repeat}/{model}"
FINAL_STUDY = {"training": FINAL, "protocol": "grouped", "repeat": "0"}


rule tune:
    input:
        expand(f"{TUNING}/best.yaml", **FINAL_STUDY, model=config["tuning"]["models"]),
    localrule: True


rule tune_worker:
    input:
        unpack(lambda wildcards: model_tables(wildcards.model)),
        folds="results/folds.parquet",
    output:
        f"{TUNING}/trials_{{worker}}.parquet",
    log:
        "results/log/tune_worker/{training}/{protocol}/{repeat}/{model}/{worker}.log",
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=with_learner_memory(megabytes(1000, 20, ["train"])),
        runtime=minutes(240),
        gpu=learner_resource("gpus"),
    params:
        code=lambda wildcards: training_code("tune_worker", wildcards.model),
        settings=lambda wildcards: tuning_settings(wildcards.model),
        budget={"trials": config["tuning"]["trials"]},
    message:
        "Tuning {wildcards.model} on {wildcards.training}, worker {wildcards.worker}"
    script:
        "../workflow/scripts/tune_worker.py"


rule choose_parameters:
    input:
        expand(f"{TUNING}/trials_{{worker}}.parquet", worker=range(config["tuning"]["workers"]), allow_missing=True),
    output:
        trials=f"{TUNING}/trials.parquet",
        best=f"{TUNING}/best.yaml",
        history=f"{TUNING}/history.png",
        importance=f"{TUNING}/importance.png",
        vector=expand(f"{TUNING}/{{name}}.svg", name=["history", "importance"], allow_missing=True),
    log:
        "results/log/choose_parameters/{training}/{protocol}/{repeat}/{model}.log",
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=lambda wildcards: training_code("choose_parameters", wildcards.model),
        settings=lambda wildcards: tuning_settings(wildcards.model),
    message:
        "Choosing parameters of {wildcards.model} on {wildcards.training}"
    script:
        "../workflow/scripts/choose_parameters.py"
