# Needs:  results/predictions/final/..., results/threshold.json, results/features/test.parquet; with new_data
#         results/features/new.parquet.
# Makes:  results/model/, all that scores new light curves; results/explanations/{model}.parquet and {model}_global.parquet;
#         results/classified/{probabilities,predictions}.csv of the new objects.
#
# Nothing is trained for new objects: the model is taken as it lies there, and refused if it does not fit.


include: "functions/inference.smk"


rule explanations:
    input:
        expand("results/explanations/{model}.parquet", model=config["explanations"]["models"]),
    localrule: True


rule explain:
    input:
        models=expand(FITS, training=FINAL, protocol=SUBMITTED, repeat=REPEATS, allow_missing=True),
        held_out=expand(PREDICTED["held_out"], training=FINAL, protocol=SUBMITTED, repeat=REPEATS, allow_missing=True),
        test="results/features/test.parquet",
    output:
        candidates="results/explanations/{model}.parquet",
        everywhere="results/explanations/{model}_global.parquet",
    log:
        "results/log/explain/{model}.log",
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10, ["models"]),
        runtime=minutes(10),
    params:
        code=lambda wildcards: training_code("explain", wildcards.model),
        settings={name: config[name] for name in ("seed", "explanations")},
    message:
        "Explaining the candidates of {wildcards.model}"
    script:
        "../workflow/scripts/explain.py"


rule export_model:
    input:
        fits_of(FINAL, REPEATS),
        fits_of(WITHOUT_REDSHIFT, REPEATS_WITHOUT_REDSHIFT),
        learned=learned_of(FINAL, REPEATS),
        without_learned=learned_of(WITHOUT_REDSHIFT, REPEATS_WITHOUT_REDSHIFT),
        threshold=DECISIONS["threshold"],
        without_threshold=DECISIONS["without_threshold"],
    output:
        directory("results/model"),
    log:
        "results/log/export_model.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("export_model", loaded_by(*(config["models"][name] for name in SUBMITTED_MODELS))),
        folders={
            "with": folders_of(FINAL, REPEATS),
            "without": folders_of(WITHOUT_REDSHIFT, REPEATS_WITHOUT_REDSHIFT),
        },
        about={
            **config["submission"],
            "models": {name: config["models"][name] for name in SUBMITTED_MODELS},
            "photoz": {
                "draws": config["photoz_draws"]["new"],
                "seed": config["seed"],
                "largest": config["ingest"]["redshift"]["max"],
            },
        },
        state=lambda wildcards: feature_state(SOURCE),
    message:
        "Gathering what scores new light curves"
    script:
        "../workflow/scripts/export_model.py"


if NEW_DATA:

    rule classify:
        input:
            **view_inputs(
                set().union(*map(views_of_model, SUBMITTED_MODELS)), [f"{split}.{NEW}" for split in NEW_SPLITS]
            ),
            **draw_inputs(set().union(*map(views_of_model, SUBMITTED_MODELS)), NEW),
            features=f"results/features/{NEW}.parquet",
            metadata="results/classified/metadata.parquet",
        output:
            probabilities="results/classified/probabilities.csv",
            predictions="results/classified/predictions.csv",
        log:
            "results/log/classify.log",
        conda:
            "../envs/mallorn.yaml"
        resources:
            mem_mb=megabytes(1500),
            runtime=minutes(10, 0.1),
        params:
            code=code_of("classify"),  # of any learner: the model may have been made elsewhere
            model="results/model",
            model_digest=lambda wildcards: file_digest("results/model/model.json"),
            state=lambda wildcards: feature_state(NEW_SOURCE),
        message:
            "Scoring the new objects"
        script:
            "../workflow/scripts/classify.py"

else:

    rule classify:
        input:
            no_new_data,
        localrule: True
