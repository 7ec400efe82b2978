# Needs:  results/predictions/final/..., results/threshold.json, results/features/test.parquet; with new_data a folder of
#         new objects: test_log.csv and split_*/test_full_lightcurves.csv.
# Makes:  results/model/, all that scores new light curves; results/explanations/{model}.parquet and {model}_global.parquet;
#         results/classified/{probabilities,predictions}.csv of the new objects.
#
# New objects go through the rules of the survey as splits named {split}.new. Nothing is trained for them: the model is
# taken as it lies there, and refused if it does not fit.


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
    threads: 1
    resources:
        mem_mb=megabytes(1000, 10, ["models"]),
        runtime=minutes(10),
    params:
        code=lambda wildcards: learner_code("explain", wildcards.model),
        settings={name: config[name] for name in ("seed", "explanations")},
    message:
        "Explaining the candidates of {wildcards.model}"
    script:
        "../workflow/scripts/explain.py"


rule export_model:
    input:
        expand(FITS, training=FINAL, protocol=SUBMITTED, repeat=REPEATS, model=SUBMITTED_MODELS),
        learned=expand(
            f"{PREDICTIONS}/learned.json",
            training=FINAL,
            protocol=SUBMITTED,
            repeat=REPEATS,
            model=[name for name in ENSEMBLES if name == config["submission"]["model"]],
        ),
        threshold="results/threshold.json",
    output:
        directory("results/model"),
    log:
        "results/log/export_model.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("export_model"),
        folders=[
            {
                model: FITS.format(training=FINAL, protocol=SUBMITTED, repeat=repeat, model=model)
                for model in SUBMITTED_MODELS
            }
            for repeat in REPEATS
        ],
        about={**config["submission"], "models": {name: config["models"][name] for name in SUBMITTED_MODELS}},
        state=lambda wildcards: feature_state(),
    message:
        "Gathering what scores new light curves"
    script:
        "../workflow/scripts/export_model.py"


if config["new_data"] is not None:

    rule ingest_new_logs:
        input:
            f"{config['new_data']}/test_log.csv",
        output:
            "results/classified/logs.parquet",
        log:
            "results/log/ingest_new_logs.log",
        conda:
            "../envs/mallorn.yaml"
        threads: 1
        resources:
            mem_mb=megabytes(400, 10),
            runtime=minutes(5),
        params:
            code=code_of("ingest_new_logs"),
            data=lambda wildcards: file_digest(Path(config["new_data"], "test_log.csv")),
            settings={"ingest": config["ingest"], "splits": NEW_SPLITS, "suffix": NEW},
        message:
            "Checking the log of the new objects"
        script:
            "../workflow/scripts/ingest_new_logs.py"

    rule ingest_new:
        input:
            curves=f"{config['new_data']}/{{original}}/test_full_lightcurves.csv",
            log=ancient(f"{config['new_data']}/test_log.csv"),  # param log_rows follows its content
        output:
            points=f"results/lightcurves/{{original}}.{NEW}.parquet",
            objects=f"results/objects/{{original}}.{NEW}.parquet",
            set_aside=f"results/set_aside/{{original}}.{NEW}.parquet",
        log:
            "results/log/ingest_new/{original}.log",
        wildcard_constraints:
            original="|".join(map(re.escape, NEW_SPLITS)),
        conda:
            "../envs/mallorn.yaml"
        threads: 1
        resources:
            mem_mb=megabytes(400, 8, ["log"]),
            runtime=minutes(5, 0.1),
        params:
            code=code_of("ingest_new"),
            data=lambda wildcards: file_digest(
                Path(config["new_data"], wildcards.original, "test_full_lightcurves.csv")
            ),
            log_rows=lambda wildcards: log_digest(
                f"{config['new_data']}/test_log.csv", f"{config['new_data']}/test_log.csv", wildcards.original
            ),
            settings={"ingest": config["ingest"], "passbands": NEW_PASSBANDS.to_text()},
        message:
            "Reading the new light curves of {wildcards.original}"
        script:
            "../workflow/scripts/ingest_new.py"

    rule classify:
        input:
            features=f"results/features/{NEW}.parquet",
        output:
            probabilities="results/classified/probabilities.csv",
            predictions="results/classified/predictions.csv",
        log:
            "results/log/classify.log",
        conda:
            "../envs/mallorn.yaml"
        threads: 1
        resources:
            mem_mb=megabytes(1500),
            runtime=minutes(10, 0.1),
        params:
            code=code_of("classify", *(f"mallorn.learners.{learner}" for learner in LEARNERS)),
            model="results/model",
            model_digest=lambda wildcards: file_digest("results/model/model.json"),
            state=lambda wildcards: feature_state(),
        message:
            "Scoring the new objects"
        script:
            "../workflow/scripts/classify.py"

else:

    rule classify:
        input:
            no_new_data,
        localrule: True
