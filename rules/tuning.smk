# Needs:  results/features/train.parquet, results/folds.parquet.
# Makes:  results/tuning/{study}/{model}/: trials_{worker}.parquet, trials.parquet, best.yaml, history.png, importance.png;
#         journal.log beside them holds the trials while the workers run, and outlives a kill.
#
# {study} is `final`, all training objects, or outer_K_PROTOCOL_REPEAT, those outside an outer fold.


wildcard_constraints:
    study="final|outer_[0-9]+_[a-z]+_[0-9]+",
    worker=r"\d+",


rule tune:
    input:
        expand(f"{TUNING}/best.yaml", study=FINAL, model=config["tuning"]["models"]),
    localrule: True


rule tune_worker:
    input:
        unpack(lambda wildcards: model_tables(wildcards.model)),
        folds="results/folds.parquet",
    output:
        f"{TUNING}/trials_{{worker}}.parquet",
    log:
        "results/log/tune_worker/{study}/{model}/{worker}.log",
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=with_learner_memory(megabytes(1000, 20, ["train"])),
        runtime=minutes(240),
        gpu=learner_resource("gpus"),
    params:
        code=lambda wildcards: learner_code("tune_worker", wildcards.model),
        settings=lambda wildcards: tuning_settings(wildcards.model),
        budget={"trials": config["tuning"]["trials"]},
    message:
        "Tuning {wildcards.model} on {wildcards.study}, worker {wildcards.worker}"
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
        "results/log/choose_parameters/{study}/{model}.log",
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=lambda wildcards: learner_code("choose_parameters", wildcards.model),
        settings=lambda wildcards: tuning_settings(wildcards.model),
    message:
        "Choosing parameters of {wildcards.model} on {wildcards.study}"
    script:
        "../workflow/scripts/choose_parameters.py"
