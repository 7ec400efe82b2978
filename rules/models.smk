# Needs:  results/metadata.parquet, results/{lightcurves,objects}/{split}.parquet, results/features/{table}.parquet.
# Makes:  results/folds.parquet, results/predictions/{training}/{protocol}/{repeat}/{model}/..., results/threshold.json,
#         results/{submission,probabilities}.csv.
#
# {training} is `final`, all training objects, which predicts the test set by the protocol that is submitted; or `outer_k`, all but those of fold k, which
# predicts these for nested scores; or a set of copies, by the submitted model alone: `no_redshift`, of all without their
# redshifts, which predicts the test objects that have none; `other_surveys` and `other_surveys_no_redshift`, as other
# surveys would have seen them, which predict new objects only. {model} is a block of `models` or of `ensembles`.


include: "functions/models.smk"


DECISIONS = {  # inputs that decide which test objects are chosen, with and without redshift
    "predictions": submitted("held_out"),
    "threshold": "results/threshold.json",
    "without": of_copies("held_out", WITHOUT_REDSHIFT),
    "without_threshold": ["results/threshold_no_redshift.json"] if WITHOUT_REDSHIFT in REPEATS_OF_COPIES else [],
}


# one fit to all objects, beside those of the folds
ONCE = {"once": directory(FITTED_ONCE)} if config["export"]["trained"] == "once" else {}


rule make_folds:
    input:
        **ALL_LIGHTCURVES,
        metadata="results/metadata.parquet",
    output:
        "results/folds.parquet",
    log:
        "results/log/make_folds.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("make_folds"),
        settings={"seed": config["seed"], "folds": config["folds"], **class_settings()},
    message:
        "Finding siblings and drawing folds"
    script:
        "../workflow/scripts/make_folds.py"


rule simulate_pretraining:
    output:
        points=LIGHTCURVES["points"].format(part=PRETRAINING),
        objects=LIGHTCURVES["objects"].format(part=PRETRAINING),
        labels="results/pretraining.parquet",
    log:
        "results/log/simulate_pretraining.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(30),
    params:
        code=code_of("simulate_pretraining"),
        settings={"seed": config["seed"], "simulation": pretraining_survey(), "passbands": PASSBANDS.to_text()},
    message:
        "Simulating the objects that networks learn from first"
    script:
        "../workflow/scripts/simulate_pretraining.py"


rule pretrain:
    input:
        unpack(pretraining_objects),
    output:
        directory("results/pretrained/{model}"),
    log:
        "results/log/pretrain/{model}.log",
    benchmark:
        "results/benchmarks/pretrain/{model}.tsv"
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=with_learner_memory(megabytes(1500, 20)),
        runtime=minutes(120, 5),
        gpu=learner_resource("gpus"),
    params:
        code=lambda wildcards: training_code("pretrain", wildcards.model),
        settings=lambda wildcards: training_settings(wildcards.model),
    message:
        "Training {wildcards.model} on simulated or unlabelled objects, before those of the survey"
    script:
        "../workflow/scripts/pretrain.py"


rule cross_validate:
    input:
        unpack(training_tables),
        folds="results/folds.parquet",
    output:
        **PREDICTED,
        **ONCE,
        importance=f"{PREDICTIONS}/importance.parquet",
        models=directory(f"{PREDICTIONS}/models"),
    log:
        "results/log/cross_validate/{training}/{protocol}/{repeat}/{model}.log",
    benchmark:
        "results/benchmarks/cross_validate/{training}/{protocol}/{repeat}/{model}.tsv"
    wildcard_constraints:
        training="|".join(TRAININGS),
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    threads: learner_resource("threads", 1)
    resources:
        mem_mb=with_learner_memory(megabytes(1000, 20, ["train", *ALTERED, "photoz_draws"])),
        runtime=minutes(20, 1),
        gpu=learner_resource("gpus"),
    params:
        code=lambda wildcards: training_code("cross_validate", wildcards.model),
        settings=fold_settings,
    message:
        "Training {wildcards.model} on {wildcards.protocol} folds, repeat {wildcards.repeat}, {wildcards.training}"
    script:
        "../workflow/scripts/cross_validate.py"


use rule cross_validate as cross_validate_copies with:
    input:
        unpack(tables_of_copies),
        folds="results/folds.parquet",
    output:
        **ONCE,
        out_of_fold=PREDICTED["out_of_fold"],
        held_out=PREDICTED["held_out"],
        importance=f"{PREDICTIONS}/importance.parquet",
        models=directory(f"{PREDICTIONS}/models"),
    log:
        "results/log/cross_validate_copies/{training}/{protocol}/{repeat}/{model}.log",
    benchmark:
        "results/benchmarks/cross_validate_copies/{training}/{protocol}/{repeat}/{model}.tsv"
    wildcard_constraints:
        training="|".join(ALL_COPIES),
        model="|".join(map(re.escape, config["models"])),
    params:
        settings=settings_of_copies,
    message:
        "Training {wildcards.model} on {wildcards.protocol} folds, repeat {wildcards.repeat}, {wildcards.training}"


rule combine:
    input:
        expand(list(PREDICTED.values()), model=MEMBERS, allow_missing=True),
        folds="results/folds.parquet",
    output:
        expand(list(PREDICTED.values()), model=ENSEMBLES, allow_missing=True),
        expand(f"{PREDICTIONS}/learned.json", model=ENSEMBLES, allow_missing=True),
    log:
        "results/log/combine/{training}/{protocol}/{repeat}.log",
    wildcard_constraints:
        training="|".join(TRAININGS),
    priority: 1  # what scores wait for goes before longer jobs
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 20),
        runtime=minutes(10),
    params:
        code=code_of("combine"),
        models=lambda wildcards: {model: predicted(PREDICTED, wildcards, model) for model in MEMBERS},
        ensembles=lambda wildcards: {
            model: predicted({**PREDICTED, "learned": f"{PREDICTIONS}/learned.json"}, wildcards, model)
            for model in ENSEMBLES
        },
        settings={name: config["ensembles"][name] for name in ENSEMBLES},
    message:
        "Combining models on {wildcards.protocol} folds, repeat {wildcards.repeat}, {wildcards.training}"
    script:
        "../workflow/scripts/combine.py"


if SUBMITTED_ENSEMBLE:

    use rule combine as combine_copies with:
        input:
            combined_copies,
            folds="results/folds.parquet",
        output:
            expand(list(PREDICTED_OF_COPIES.values()), model=SUBMITTED_ENSEMBLE, allow_missing=True),
            expand(f"{PREDICTIONS}/learned.json", model=SUBMITTED_ENSEMBLE, allow_missing=True),
        log:
            "results/log/combine_copies/{training}/{protocol}/{repeat}.log",
        wildcard_constraints:
            training="|".join(ALL_COPIES),
        params:
            models=lambda wildcards: {
                model: predicted(PREDICTED_OF_COPIES, wildcards, model) for model in members_of(wildcards.training)
            },
            ensembles=lambda wildcards: {
                model: predicted({**PREDICTED_OF_COPIES, "learned": f"{PREDICTIONS}/learned.json"}, wildcards, model)
                for model in SUBMITTED_ENSEMBLE
            },
            settings=lambda wildcards: {
                name: {**config["ensembles"][name], "members": members_of(wildcards.training)}
                for name in SUBMITTED_ENSEMBLE
            },
        message:
            "Combining models on {wildcards.protocol} folds, repeat {wildcards.repeat}, {wildcards.training}"


rule choose_threshold:
    input:
        out_of_fold=submitted("out_of_fold"),
        folds="results/folds.parquet",
    output:
        "results/threshold.json",
    log:
        "results/log/choose_threshold.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("choose_threshold"),
        settings={name: config[name] for name in ("threshold", "calibration")},
    message:
        "Choosing the threshold of the submission"
    script:
        "../workflow/scripts/choose_threshold.py"


use rule choose_threshold as choose_threshold_of_copies with:
    input:
        out_of_fold=lambda wildcards: of_copies("out_of_fold", wildcards.training),
        folds="results/folds.parquet",
        copies=copies_at_ages,
    output:
        "results/threshold_{training}.json",
    log:
        "results/log/choose_threshold_of_copies/{training}.log",
    wildcard_constraints:
        training="|".join(ALL_COPIES),
    params:
        copies=lambda wildcards, input: of_young(input.copies),
        settings=lambda wildcards: deciding_settings(wildcards.training),
    message:
        "Choosing the threshold of {wildcards.training}"


rule write_submission:
    input:
        **DECISIONS,
        metadata="results/metadata.parquet",
    output:
        submission="results/submission.csv",
        probabilities="results/probabilities.csv",
    log:
        "results/log/write_submission.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("write_submission"),
    message:
        "Writing the submission"
    script:
        "../workflow/scripts/write_submission.py"
