# Needs:  results/predictions/final/..., results/threshold.json, results/features/test.parquet; with new_data
#         results/features/new.parquet.
# Makes:  results/model/, all that scores new light curves; results/release/, the same with a card;
#         results/explanations/{model}.parquet and {model}_global.parquet;
#         results/evaluation/shapes.csv; results/{forests,outliers}/{training}.npz; results/classified/{probabilities,predictions}.csv of the new objects.
# Nothing is trained for new objects: the model is taken as it is. It is refused if its golden inputs, simulated light
# curves, do not get the same features and probabilities as before.


include: "functions/inference.smk"


EXPORTED = [FINAL, *REPEATS_OF_COPIES]  # training sets whose models results/model holds


MODEL = "results/model"
SHAPED = config["explanations"]["shapes"]["model"]


rule explanations:
    input:
        expand("results/explanations/{model}.parquet", model=config["explanations"]["models"]),
    localrule: True


rule explain:
    input:
        unpack(lambda wildcards: view_inputs(views_of_model(wildcards.model), SPLITS)),
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


rule shapes:
    input:
        "results/evaluation/shapes.csv",
    localrule: True


rule shape_functions:
    input:
        models=expand(FITS, training=FINAL, protocol=SUBMITTED, repeat=REPEATS, model=SHAPED),
        importance=expand(
            f"{PREDICTIONS}/importance.parquet", training=FINAL, protocol=SUBMITTED, repeat=REPEATS, model=SHAPED
        ),
        train="results/features/train.parquet",
    output:
        "results/evaluation/shapes.csv",
    log:
        "results/log/shape_functions.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10, ["models"]),
        runtime=minutes(10),
    params:
        code=training_code("shape_functions", SHAPED),
        settings={"seed": config["seed"], "shapes": config["explanations"]["shapes"]},
    message:
        "Finding what single features add, by {params.settings[shapes][model]}"
    script:
        "../workflow/scripts/shape_functions.py"


rule describe_domain:
    input:
        metadata="results/metadata.parquet",
        points=expand(LIGHTCURVES["points"], part=SPLITS + list(REPEATS_OF_COPIES)),
        objects=expand(LIGHTCURVES["objects"], part=SPLITS + list(REPEATS_OF_COPIES)),
    output:
        "results/domain.json",
    log:
        "results/log/describe_domain.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(600, 10, ["metadata"]),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("describe_domain"),
        copies=list(REPEATS_OF_COPIES),
        settings={
            "seed": config["seed"],
            "domain": config["domain"],
            "passbands": config["augmentations"][OTHER_SURVEYS]["passbands"],
            "young": {name: config["augmentations"][EARLY][name] for name in ("passes", "trigger")},
        },
    message:
        "Describing how the training objects were observed"
    script:
        "../workflow/scripts/describe_domain.py"


rule grow_forest:
    input:
        lambda wildcards: f"results/features/{'train' if wildcards.training == FINAL else wildcards.training}.parquet",
    output:
        FOREST,
    log:
        "results/log/grow_forest/{training}.log",
    wildcard_constraints:
        training="|".join([FINAL, *ALL_COPIES]),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800, 10),
        runtime=minutes(10),
    params:
        code=code_of("grow_forest"),
        settings={name: config[name] for name in ("seed", "training", "outliers")},
    message:
        "Growing the forest that tells which objects of {wildcards.training} stand apart"
    script:
        "../workflow/scripts/grow_forest.py"


rule learn_outliers:
    input:
        forest=FOREST.format(training=FINAL),
        out_of_fold=submitted("out_of_fold"),
        threshold="results/threshold.json",
    output:
        OUTLIERS.format(training=FINAL),
    log:
        f"results/log/learn_outliers/{FINAL}.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("learn_outliers"),
    message:
        "Learning to tell unusual objects"
    script:
        "../workflow/scripts/learn_outliers.py"


use rule learn_outliers as learn_outliers_of_copies with:
    input:
        forest=FOREST,
        out_of_fold=lambda wildcards: of_copies("out_of_fold", wildcards.training),
        threshold="results/threshold_{training}.json",
    output:
        OUTLIERS,
    log:
        "results/log/learn_outliers_of_copies/{training}.log",
    wildcard_constraints:
        training="|".join(ALL_COPIES),
    message:
        "Learning to tell unusual objects, from {wildcards.training}"


rule export_model:
    input:
        [trained_files(training) for training in EXPORTED],
        domain="results/domain.json",
        outliers=expand(OUTLIERS, training=EXPORTED),
        kernels="results/kernels",
    output:
        directory(MODEL),
    log:
        "results/log/export_model.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("export_model", exported_code()),
        trained={training: trained(training) for training in EXPORTED},
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
        golden={"simulation": config["simulation"], "passbands": PASSBANDS.to_text()},
    message:
        "Gathering the model that scores new light curves"
    script:
        "../workflow/scripts/export_model.py"


rule release_model:
    input:
        **tables_of_other_surveys(),
        model=MODEL,
        scores="results/evaluation/scores.csv",
        by_type="results/evaluation/by_type.csv",
        early=["results/evaluation/early.csv"] if EARLY in REPEATS_OF_COPIES else [],
        folds="results/folds.parquet",
    output:
        directory("results/release"),
    log:
        "results/log/release_model.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("release_model"),
        settings={"level": config["evaluation"]["level"], "export": config["export"]},
    message:
        "Writing the card of the model"
    script:
        "../workflow/scripts/release_model.py"


if NEW_DATA:

    rule check_model:
        input:
            model_that_fits,
            kernels="results/kernels",
        output:
            "results/classified/model.txt",
        log:
            "results/log/check_model.log",
        priority: 1  # before anything is read
        conda:
            "../envs/mallorn.yaml"
        resources:
            mem_mb=megabytes(1500),
            runtime=minutes(10),
        params:
            code=code_of("check_model", exported_code()),
            model=MODEL,
            model_digest=lambda wildcards: file_digest(f"{MODEL}/model.json"),
            state=lambda wildcards: feature_state(NEW_SOURCE),
        message:
            "Checking that the model can score the features made here"
        script:
            "../workflow/scripts/check_model.py"

    rule describe_new:
        input:
            model_that_fits,
            points=expand(LIGHTCURVES["points"], part=[f"{split}.{NEW}" for split in NEW_SPLITS]),
            objects=expand(LIGHTCURVES["objects"], part=[f"{split}.{NEW}" for split in NEW_SPLITS]),
        output:
            "results/classified/observed.parquet",
        log:
            "results/log/describe_new.log",
        conda:
            "../envs/mallorn.yaml"
        resources:
            mem_mb=megabytes(600),
            runtime=minutes(5, 0.1),
        params:
            code=code_of("describe_new"),
            domain=f"{MODEL}/domain.json",
            model_digest=lambda wildcards: file_digest(f"{MODEL}/model.json"),
        message:
            "Describing how the new objects were observed"
        script:
            "../workflow/scripts/describe_new.py"

    rule classify:
        input:
            model_that_fits,
            **view_inputs(
                set().union(*map(views_of_model, SUBMITTED_MODELS)), [f"{split}.{NEW}" for split in NEW_SPLITS]
            ),
            **draw_inputs(set().union(*map(views_of_model, SUBMITTED_MODELS)), NEW),
            features=f"results/features/{NEW}.parquet",
            metadata="results/classified/metadata.parquet",
            observed="results/classified/observed.parquet",
            checked="results/classified/model.txt",
            source="results/classified/input.json",
            kernels="results/kernels",
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
            model=MODEL,
            model_digest=lambda wildcards: file_digest(f"{MODEL}/model.json"),
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
