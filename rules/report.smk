# Needs:  results/{metadata.parquet,input.json}, results/{lightcurves,objects,set_aside,posterior,fits}/..., results/features/{train,test}.parquet,
#         results/predictions/final/..., results/threshold.json, results/evaluation/scores.csv; what else of results/evaluation,
#         results/tuning and results/explanations there is.
# Makes:  results/candidates.parquet, results/history.parquet, results/report/....


include: "functions/report.smk"


ENDINGS = constant("mallorn.report.object_page", "ENDINGS")
PAGES = constant("mallorn.report.render", "FURTHER_PAGES")
NEW_PARTS = [f"{split}.{NEW}" for split in NEW_SPLITS]
STORE = store_of(SPLITS)
EVALUATED = ["results/evaluation/scores.csv", *CURVES]  # shown by the report and made by every run
REPORT_FOLDERS = {
    "evaluation": "results/evaluation",
    "tuning": "results/tuning",
    "benchmarks": "results/benchmarks",
    "candidates": "results/report/candidates",
    "classes": "results/report/classes",
}
MISSES = "grouped" if "grouped" in PROTOCOLS else SUBMITTED  # the protocol of new events
TRACKED = ["results/tracked.json"] if config["tracking"]["mlflow"] else []
SCORED_STAGES = (
    adapter("gather", SOURCE),
    adapter("read", SOURCE),
    "augment",
    "fit_lightcurves",
    "extract_features",
    "join_features",
    "make_folds",
    "cross_validate",
    "combine",
    "score",
)
NOT_SCORED = (
    "outliers",
    "data_dir",
    "alerce",
    "report",
    "tracking",
    "explanations",
    "benchmark",
)  # blocks that no score depends on


rule rank_candidates:
    input:
        **{name: STORE[name] for name in ("lightcurves", "objects", "posterior", "hypotheses")},
        **DECISIONS,
        metadata="results/metadata.parquet",
        source="results/input.json",
        domain="results/domain.json",
        outliers=expand(OUTLIERS, training=[name for name in (FINAL, WITHOUT_REDSHIFT) if name in EXPORTED]),
        features="results/features/test.parquet",
    output:
        table="results/candidates.parquet",
        csv=report("results/report/candidates.csv", caption="../workflow/report/candidates.rst", category="Candidates"),
        votable="results/report/candidates.vot",
    log:
        "results/log/rank_candidates.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800, 50, ["predictions"]),
        runtime=minutes(10),
    params:
        adapter="rank_candidates",
        code=code_of("rank_candidates"),
        tree=tree_of_objects(),
        splits=SPLITS,
        settings=config["training"],
    message:
        "Ranking the candidates"
    script:
        "../workflow/scripts/{params.adapter}.py"


rule score_over_time:
    input:
        **ALL_LIGHTCURVES,
        model=MODEL,
        candidates="results/candidates.parquet",
        kernels="results/kernels",
    output:
        "results/over_time.parquet",
    log:
        "results/log/score_over_time.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(10),
    params:
        code=code_of("score_over_time", exported_code()),
        settings=config["report"],
    message:
        "Scoring the first candidates over time"
    script:
        "../workflow/scripts/score_over_time.py"


rule draw_candidates:
    input:
        **STORE,
        over_time=["results/over_time.parquet"] if EARLY in REPEATS_OF_COPIES else [],
        metadata="results/metadata.parquet",
        source="results/input.json",
        candidates="results/candidates.parquet",
        train="results/features/train.parquet",
        test="results/features/test.parquet",
        importance=importances(),
        threshold="results/threshold.json",
        explanations=explanations(),
    output:
        update(directory("results/report/candidates")),
    log:
        "results/log/draw_candidates.log",
    benchmark:
        "results/benchmarks/draw_candidates.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: half_the_cores  # the other half trains what these pages do not show
    resources:
        mem_mb=megabytes(1500, 2, ["train", "test"]),
        runtime=minutes(20),
    params:
        code=code_of("draw_candidates", {"features": config["features"]}),
        templates=template_digests(),
        tree=tree_of_objects(),
        splits=SPLITS,
        settings={**class_settings(), **{name: config[name] for name in ("posterior", "features", "report")}},
    message:
        "Drawing the pages of the first candidates"
    script:
        "../workflow/scripts/draw_candidates.py"


use rule draw_candidates as draw_object with:
    output:
        multiext("results/report/objects/{object}", *ENDINGS),
    log:
        "results/log/draw_object/{object}.log",
    benchmark:
        "results/benchmarks/draw_object/{object}.tsv"
    threads: 1
    message:
        "Drawing the page of {wildcards.object}"


rule draw_misses:
    input:
        **STORE,
        metadata="results/metadata.parquet",
        source="results/input.json",
        candidates="results/candidates.parquet",
        train="results/features/train.parquet",
        test="results/features/test.parquet",
        importance=importances(),
        threshold="results/threshold.json",
        explanations=explanations(),
        folds="results/folds.parquet",
        out_of_fold=out_of_fold_of_submitted(MISSES),
    output:
        update(directory("results/report/misses")),
    log:
        "results/log/draw_misses.log",
    benchmark:
        "results/benchmarks/draw_misses.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(1500, 2, ["train", "test"]),
        runtime=minutes(20),
    params:
        code=code_of("draw_misses", {"features": config["features"]}),
        templates=template_digests(),
        splits=SPLITS,
        protocol=MISSES,
        settings={
            **class_settings(),
            **{name: config[name] for name in ("posterior", "features", "report", "threshold")},
        },
    message:
        "Drawing the pages of what the model gets wrong"
    script:
        "../workflow/scripts/draw_misses.py"


rule misses:
    input:
        "results/report/misses",
    localrule: True


if NEW_DATA:

    use rule rank_candidates as rank_new with:
        input:
            **{name: store_of(NEW_PARTS)[name] for name in ("lightcurves", "objects", "posterior", "hypotheses")},
            metadata="results/classified/metadata.parquet",
            source="results/classified/input.json",
            probabilities="results/classified/probabilities.csv",
            predictions="results/classified/predictions.csv",
            features=f"results/features/{NEW}.parquet",
        output:
            table="results/classified/candidates.parquet",
            csv="results/classified/candidates.csv",
            votable="results/classified/candidates.vot",
        log:
            "results/log/rank_new.log",
        params:
            adapter="rank_new",
            code=code_of("rank_new"),
            tree={},
            splits=NEW_PARTS,
            domain=f"{MODEL}/domain.json",
        message:
            "Ranking the new objects"

    use rule draw_candidates as draw_new with:
        input:
            **store_of(SPLITS + NEW_PARTS),
            metadata="results/metadata.parquet",
            new_metadata=["results/classified/metadata.parquet"],
            source="results/classified/input.json",
            candidates="results/classified/candidates.parquet",
            train="results/features/train.parquet",
            test=f"results/features/{NEW}.parquet",
            importance=importances(),
            threshold="results/threshold.json",
        output:
            update(directory("results/report/new")),
        log:
            "results/log/draw_new.log",
        benchmark:
            "results/benchmarks/draw_new.tsv"
        threads: every_core
        params:
            code=code_of("draw_candidates", {"features": config["features"]}),
            templates=template_digests(),
            splits=SPLITS + NEW_PARTS,
            settings={**class_settings(), **{name: config[name] for name in ("posterior", "features", "report")}},
        message:
            "Drawing the pages of the first new objects"

    rule new_candidates:
        input:
            "results/classified/candidates.csv",
            "results/report/new",
        localrule: True

else:

    rule new_candidates:
        input:
            no_new_data,
        localrule: True


rule explore_survey:
    input:
        **ALL_LIGHTCURVES,
        metadata="results/metadata.parquet",
        posterior=STORE["posterior"],
        set_aside=expand("results/set_aside/{part}.parquet", part=SPLITS),
    output:
        report(
            directory("results/report/survey"),
            patterns=["{figure}.png"],
            caption="../workflow/report/survey.rst",
            category="Input",
        ),
    log:
        "results/log/explore_survey.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800, 10, ["metadata"]),
        runtime=minutes(10),
    params:
        code=code_of("explore_survey"),
        splits=SPLITS,
        settings={**class_settings(), "posterior": config["posterior"]},
    message:
        "Drawing the input"
    script:
        "../workflow/scripts/explore_survey.py"


rule record_run:
    input:
        scores="results/evaluation/scores.csv",
        data=["results/metadata.parquet", *ALL_LIGHTCURVES["lightcurves"]],
    output:
        update("results/history.parquet"),
    log:
        "results/log/record_run.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(5),
    params:
        code=code_of("record_run"),
        settings={name: block for name, block in config.items() if name not in NOT_SCORED},
        modules=scored_modules(),
    message:
        "Recording the run in the history"
    script:
        "../workflow/scripts/record_run.py"


rule write_report:
    input:
        candidates="results/candidates.parquet",
        csv="results/report/candidates.csv",
        pages="results/report/candidates",
        threshold="results/threshold.json",
        scores="results/evaluation/scores.csv",
        history="results/history.parquet",
        survey="results/report/survey",
        source="results/input.json",
        train="results/features/train.parquet",
        folds="results/folds.parquet",
        importance=importances(),
        curves=CURVES,
    output:
        report("results/report/index.html", caption="../workflow/report/report.rst", category="Report"),
        expand("results/report/{page}.html", page=PAGES),
        report(
            directory("results/report/figures"),
            patterns=["{figure}.png"],
            caption="../workflow/report/figures.rst",
            category="Figures",
        ),
    log:
        "results/log/write_report.log",
    benchmark:
        "results/benchmarks/write_report.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("write_report", {"features": config["features"]}),
        templates=template_digests(),
        folders=REPORT_FOLDERS,
        further=digests_of_further_results(),
        settings={
            "members": SUBMITTED_MODELS if SUBMITTED_ENSEMBLE else [],
            "evaluation": {"level": config["evaluation"]["level"]},
            "taxonomy": TAXONOMY,
            **{name: config[name] for name in ("features", "training", "report")},
        },
    message:
        "Writing the report"
    script:
        "../workflow/scripts/write_report.py"


rule track_run:
    input:
        scores="results/evaluation/scores.csv",
        history="results/history.parquet",
        figures="results/report/figures",
        model="results/model",
    output:
        "results/tracked.json",
    log:
        "results/log/track_run.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=code_of("track_run"),
        settings=config["tracking"],
    message:
        "Logging the run to MLflow"
    script:
        "../workflow/scripts/track_run.py"
