# Needs:  results/predictions/..., results/folds.parquet, results/features/{train,test}.parquet, results/metadata.parquet,
#         results/{lightcurves,objects}/{split}.parquet.
# Makes:  results/evaluation/{scores,other_surveys,other_surveys_groups,nested,by_type,confusion,calibration}.csv;
#         {learning_curve,features}.csv, audits.json, importance_weights.parquet and figures there; {ablation,outliers,selection,networks,rocket,rocket_gains,fresh,fresh_gains}.csv;
#         results/tree/{protocol}/{repeat}/{model}.parquet, results/tree/test.parquet, results/report/classes/{class}.csv;
#         results/tree_early/{protocol}/{repeat}/{model}.parquet;
#         {nodes,nodes_confusion,nodes_gains,nodes_calibration,coverage,nodes_early,unknown,new_samples}.csv.


include: "functions/evaluation.smk"


AUDITS = ["labels", "siblings_from_features", "class_from_times", "features", "shift", "siblings"]
TREE_TABLES = ["nodes", "nodes_confusion", "nodes_gains", "nodes_calibration", "coverage"]
TREE_PREDICTIONS = "results/tree/{protocol}/{repeat}/{model}.parquet"
TREE_AT_AGES = "results/tree_early/{protocol}/{repeat}/{model}.parquet"
REPEATS_OF_EARLY = REPEATS_OF_COPIES.get(EARLY, REPEATS[:1])
OF_TREE_MODELS = ("fewest", "balance", "depth", "without_redshift")  # keys of evaluation.tree that its models depend on
CURVES = expand(
    "results/evaluation/figures/{figure}.{ending}", figure=["precision_recall", "roc"], ending=["png", "svg"]
)
FIGURES = expand(
    "results/evaluation/figures/{figure}.{ending}",
    figure=[
        "calibration",
        "learning_curve",
        "by_redshift",
        "by_points",
        "by_snr",
        "by_type",
        "by_magnitude",
        "confusion",
    ],
    ending=["png", "svg"],
)


rule evaluation:
    input:
        expand(
            "results/evaluation/{table}.csv",
            table=["scores", "nested", "by_type", "confusion", "calibration", "learning_curve", "features"],
        ),
        tables_of_other_surveys().values(),
        "results/evaluation/audits.json",
        "results/evaluation/importance_weights.parquet",
        CURVES,
        FIGURES,
    localrule: True


rule score:
    input:
        no_redshift=of_copies("out_of_fold", WITHOUT_REDSHIFT, PROTOCOLS, SUBMITTED_MODELS + SUBMITTED_ENSEMBLE),
        out_of_fold=final_predictions("out_of_fold"),
        photoz=final_predictions("photoz"),
        photoz_averaged=final_predictions("photoz_averaged"),
        folds="results/folds.parquet",
    output:
        "results/evaluation/scores.csv",
    log:
        "results/log/score.log",
    priority: 1
    conda:
        "../envs/mallorn.yaml"
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


rule draw_curves:
    input:
        out_of_fold=final_predictions("out_of_fold"),
        folds="results/folds.parquet",
    output:
        CURVES,
    log:
        "results/log/draw_curves.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("draw_curves"),
    message:
        "Drawing precision-recall and ROC curves"
    script:
        "../workflow/scripts/draw_curves.py"


rule score_other_surveys:
    input:
        spectroscopic=of_copies("out_of_fold", OTHER_SURVEYS, PROTOCOLS, members_of(OTHER_SURVEYS) + SUBMITTED_ENSEMBLE),
        none=of_copies(
            "out_of_fold", OTHER_SURVEYS_WITHOUT_REDSHIFT, PROTOCOLS, members_of(OTHER_SURVEYS) + SUBMITTED_ENSEMBLE
        ),
        folds="results/folds.parquet",
        lightcurves=f"results/lightcurves/{OTHER_SURVEYS}.parquet",
        objects=f"results/objects/{OTHER_SURVEYS}.parquet",
    output:
        cuts="results/evaluation/other_surveys.csv",
        groups="results/evaluation/other_surveys_groups.csv",
    log:
        "results/log/score_other_surveys.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(10),
    params:
        code=code_of("score_other_surveys"),
        settings={**scoring_settings(), "threshold": of_other_surveys(), "model": SUBMITTED_MODEL},
    message:
        "Scoring the training objects as other surveys would see them"
    script:
        "../workflow/scripts/score_other_surveys.py"


rule early:
    input:
        expand("results/evaluation/{table}.csv", table=["early", "early_gains", "early_times", "early_found"]),
    localrule: True


rule score_early:
    input:
        [path for protocol in PROTOCOLS for repeat in REPEATS_OF_EARLY for path in whole_curves(protocol, repeat)[1]],
        features=f"results/features/{EARLY}.parquet",
        lightcurves=f"results/lightcurves/{EARLY}.parquet",
        objects=f"results/objects/{EARLY}.parquet",
        posterior=f"results/posterior/{EARLY}.parquet",
        early=[path for protocol in PROTOCOLS for path in early_predictions(protocol)],
        folds="results/folds.parquet",
        domain="results/domain.json",
    output:
        scores="results/evaluation/early.csv",
        gains="results/evaluation/early_gains.csv",
        times="results/evaluation/early_times.csv",
        found="results/evaluation/early_found.csv",
        figure="results/evaluation/figures/early.svg",
        picture="results/evaluation/figures/early.png",
    log:
        "results/log/score_early.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1500, 20, ["features"]),
        runtime=minutes(20),
    params:
        code=code_of("score_early", exported_code()),
        early={protocol: early_predictions(protocol) for protocol in PROTOCOLS},
        whole={protocol: [whole_curves(protocol, repeat)[0] for repeat in REPEATS_OF_EARLY] for protocol in PROTOCOLS},
        settings={
            **{
                name: config[name] for name in ("seed", "target", "training", "evaluation", "threshold", "calibration")
            },
            "early": config["augmentations"][EARLY],
        },
    message:
        "Scoring the training objects at each age"
    script:
        "../workflow/scripts/score_early.py"


rule score_nested:
    input:
        out_of_fold=outer_predictions("out_of_fold"),
        held_out=outer_predictions("held_out"),
        folds="results/folds.parquet",
    output:
        "results/evaluation/nested.csv",
    log:
        "results/log/score_nested.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("score_nested"),
        settings=scoring_settings(),
    message:
        "Scoring the predictions of outer folds"
    script:
        "../workflow/scripts/score_nested.py"


rule describe_objects:
    input:
        **ALL_LIGHTCURVES,
        metadata="results/metadata.parquet",
    output:
        "results/evaluation/objects.parquet",
    log:
        "results/log/describe_objects.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(600, 10, ["metadata"]),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("describe_objects"),
    message:
        "Measuring the properties by which scores group the training objects"
    script:
        "../workflow/scripts/describe_objects.py"


rule score_groups:
    input:
        out_of_fold=final_predictions("out_of_fold"),
        no_redshift=of_copies("out_of_fold", WITHOUT_REDSHIFT, PROTOCOLS),
        folds="results/folds.parquet",
        objects="results/evaluation/objects.parquet",
    output:
        by_type="results/evaluation/by_type.csv",
        confusion="results/evaluation/confusion.csv",
        calibration="results/evaluation/calibration.csv",
    log:
        "results/log/score_groups.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(10),
    params:
        code=code_of("score_groups"),
        settings=scoring_settings(),
    message:
        "Scoring by type, redshift, number of points, signal to noise and magnitude"
    script:
        "../workflow/scripts/score_groups.py"


rule learning_curve:
    input:
        **model_tables(config["evaluation"]["learning_curve"]["model"]),
        folds="results/folds.parquet",
    output:
        "results/evaluation/learning_curve.csv",
    log:
        "results/log/learning_curve.log",
    benchmark:
        "results/benchmarks/learning_curve.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 40),
        runtime=minutes(60, 5),
    params:
        code=training_code("learning_curve", config["evaluation"]["learning_curve"]["model"]),
        settings={
            **scoring_settings("target", "training"),
            "model": config["models"][config["evaluation"]["learning_curve"]["model"]],
            **files_of(config["models"][config["evaluation"]["learning_curve"]["model"]]),
            "learning_curve": config["evaluation"]["learning_curve"],
        },
    message:
        "Training on fewer events of TDEs"
    script:
        "../workflow/scripts/learning_curve.py"


rule audit_labels:
    input:
        train="results/features/train.parquet",
        folds="results/folds.parquet",
    output:
        "results/evaluation/audits/labels.json",
    log:
        "results/log/audit_labels.log",
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 40),
        runtime=minutes(30, 1),
    params:
        code=code_of("audit_labels", loaded_by(config["audits"]["model"])),
        settings={name: config[name] for name in ("seed", "training", "audits")},
    message:
        "Training on shuffled labels"
    script:
        "../workflow/scripts/audit_labels.py"


rule audit_times:
    input:
        **ALL_LIGHTCURVES,
        train="results/features/train.parquet",
        folds="results/folds.parquet",
    output:
        siblings="results/evaluation/audits/siblings_from_features.json",
        times="results/evaluation/audits/class_from_times.json",
    log:
        "results/log/audit_times.log",
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 40),
        runtime=minutes(30, 1),
    params:
        code=code_of("audit_times", loaded_by(config["audits"]["model"])),
        settings={name: config[name] for name in ("seed", "folds", "training", "audits")},
    message:
        "Looking for events and classes in time stamps"
    script:
        "../workflow/scripts/audit_times.py"


rule audit_features:
    input:
        train="results/features/train.parquet",
        test="results/features/test.parquet",
        folds="results/folds.parquet",
    output:
        verdict="results/evaluation/audits/features.json",
        features="results/evaluation/features.csv",
    log:
        "results/log/audit_features.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 20, ["train"]),
        runtime=minutes(30, 1),
    params:
        code=code_of("audit_features", config["audits"]),
        settings={name: config[name] for name in ("training", "audits")},
    message:
        "Looking for features that are constant, missing by class or too good"
    script:
        "../workflow/scripts/audit_features.py"


rule adversarial_validation:
    input:
        train="results/features/train.parquet",
        test="results/features/test.parquet",
    output:
        verdict="results/evaluation/audits/shift.json",
        weights="results/evaluation/importance_weights.parquet",
    log:
        "results/log/adversarial_validation.log",
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 40, ["train"]),
        runtime=minutes(30, 1),
    params:
        code=code_of("adversarial_validation", loaded_by(config["audits"]["model"])),
        settings={name: config[name] for name in ("seed", "folds", "training", "audits")},
    message:
        "Telling test from training objects"
    script:
        "../workflow/scripts/adversarial_validation.py"


rule audit_siblings:
    input:
        **ALL_LIGHTCURVES,
        metadata="results/metadata.parquet",
        folds="results/folds.parquet",
    output:
        "results/evaluation/audits/siblings.json",
    log:
        "results/log/audit_siblings.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 20),
        runtime=minutes(30, 1),
    params:
        code=code_of("audit_siblings"),
        settings={name: config[name] for name in ("folds",)},
    message:
        "Looking for duplicates and siblings"
    script:
        "../workflow/scripts/audit_siblings.py"


rule audit:
    input:
        expand("results/evaluation/audits/{audit}.json", audit=AUDITS),
    output:
        "results/evaluation/audits.json",
    log:
        "results/log/audit.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 20),
        runtime=minutes(30, 1),
    params:
        code=code_of("audit"),
    message:
        "Merging the verdicts of all audits"
    script:
        "../workflow/scripts/audit.py"


rule plot_evaluation:
    input:
        by_type="results/evaluation/by_type.csv",
        confusion="results/evaluation/confusion.csv",
        calibration="results/evaluation/calibration.csv",
        learning_curve="results/evaluation/learning_curve.csv",
    output:
        FIGURES,
    log:
        "results/log/plot_evaluation.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 10),
        runtime=minutes(10),
    params:
        code=code_of("plot_evaluation"),
        settings={"submission": config["submission"]},
    message:
        "Drawing the figures of the evaluation"
    script:
        "../workflow/scripts/plot_evaluation.py"


rule tree:
    input:
        expand("results/evaluation/{table}.csv", table=[*TREE_TABLES, "unknown"]),
        "results/report/classes",
    localrule: True


rule cross_validate_tree:
    input:
        unpack(lambda wildcards: model_tables(wildcards.model)),
        folds="results/folds.parquet",
    output:
        TREE_PREDICTIONS,
    log:
        "results/log/cross_validate_tree/{protocol}/{repeat}/{model}.log",
    benchmark:
        "results/benchmarks/cross_validate_tree/{protocol}/{repeat}/{model}.tsv"
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=with_learner_memory(megabytes(2000, 40, ["train"])),
        runtime=minutes(60, 5),
        gpu=learner_resource("gpus"),
    params:
        code=lambda wildcards: training_code("cross_validate_tree", wildcards.model),
        settings=lambda wildcards: {
            **training_settings(wildcards.model, "selection"),
            "taxonomy": TAXONOMY,
            "tree": {name: config["evaluation"]["tree"][name] for name in OF_TREE_MODELS},
        },
    message:
        "Training {wildcards.model} on the tree of classes, {wildcards.protocol} folds, repeat {wildcards.repeat}"
    script:
        "../workflow/scripts/cross_validate_tree.py"


rule tree_early:
    input:
        "results/evaluation/nodes_early.csv",
    localrule: True


use rule cross_validate_tree as cross_validate_tree_early with:
    input:
        unpack(lambda wildcards: view_inputs(views_of_model(wildcards.model), [EARLY])),
        train=f"results/features/{EARLY}.parquet",
        folds="results/folds.parquet",
    output:
        TREE_AT_AGES,
    log:
        "results/log/cross_validate_tree_early/{protocol}/{repeat}/{model}.log",
    benchmark:
        "results/benchmarks/cross_validate_tree_early/{protocol}/{repeat}/{model}.tsv"
    message:
        "Training {wildcards.model} on the tree of classes at all ages, {wildcards.protocol} folds, repeat {wildcards.repeat}"


rule score_tree_early:
    input:
        tree=expand(TREE_AT_AGES, protocol="grouped", repeat=REPEATS[0], model=config["evaluation"]["tree"]["models"]),
        folds="results/folds.parquet",
    output:
        "results/evaluation/nodes_early.csv",
    log:
        "results/log/score_tree_early.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 20, ["tree"]),
        runtime=minutes(20, 1),
    params:
        code=code_of("score_tree_early"),
        settings={**scoring_settings("target"), "ages": config["augmentations"][EARLY]["ages"]},
    message:
        "Scoring all classes of the tree at each age"
    script:
        "../workflow/scripts/score_tree_early.py"


rule score_tree:
    input:
        tree=tree_predictions(),
        submitted=submitted_beside_tree(
            config["evaluation"]["tree"]["protocols"], REPEATS[: config["evaluation"]["tree"]["repeats"]]
        ),
        folds="results/folds.parquet",
    output:
        **{table: f"results/evaluation/{table}.csv" for table in TREE_TABLES},
    log:
        "results/log/score_tree.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000, 20, ["tree"]),
        runtime=minutes(20, 1),
    params:
        code=code_of("score_tree"),
        settings={
            **scoring_settings(),
            "coverage": config["evaluation"]["tree"]["coverage"],
            "refined": settings_of_refined(),
        },
    message:
        "Scoring all classes of the tree"
    script:
        "../workflow/scripts/score_tree.py"


rule rank_classes:
    input:
        **model_tables(config["evaluation"]["tree"]["models"][0]),
        **({} if config["evaluation"]["tree"]["from_submission"] == "none" else DECISIONS),
        submitted=submitted_beside_tree("grouped", REPEATS[0]),
        test="results/features/test.parquet",
        folds="results/folds.parquet",
        tree=TREE_PREDICTIONS.format(
            protocol="grouped", repeat=REPEATS[0], model=config["evaluation"]["tree"]["models"][0]
        ),
    output:
        table="results/tree/test.parquet",
        lists=directory("results/report/classes"),
    log:
        "results/log/rank_classes.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(2000 + memory_of(config["models"][config["evaluation"]["tree"]["models"][0]]), 40, ["train"]),
        runtime=minutes(30, 2),
    params:
        code=training_code("rank_classes", config["evaluation"]["tree"]["models"][0]),
        settings={
            **training_settings(config["evaluation"]["tree"]["models"][0], "selection"),
            "number": config["report"]["candidates"],
            "tree": config["evaluation"]["tree"],
            "refined": settings_of_refined(),
        },
    message:
        "Listing the first candidates of every class"
    script:
        "../workflow/scripts/rank_classes.py"


rule score_unknown:
    input:
        **model_tables(config["evaluation"]["tree"]["models"][0]),
        folds="results/folds.parquet",
    output:
        "results/evaluation/unknown.csv",
    log:
        "results/log/score_unknown.log",
    benchmark:
        "results/benchmarks/score_unknown.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000 + memory_of(config["models"][config["evaluation"]["tree"]["models"][0]]), 40, ["train"]),
        runtime=minutes(60, 5),
    params:
        code=training_code("score_unknown", config["evaluation"]["tree"]["models"][0]),
        settings={
            **training_settings(config["evaluation"]["tree"]["models"][0], "selection", "outliers"),
            "name": config["evaluation"]["tree"]["models"][0],
            "taxonomy": TAXONOMY,
            "tree": config["evaluation"]["tree"],
        },
    message:
        "Leaving one class after another out of training"
    script:
        "../workflow/scripts/score_unknown.py"


rule predictive:
    input:
        "results/evaluation/new_samples.csv",
    localrule: True


rule score_new_samples:
    input:
        **model_tables(config["evaluation"]["predictive"]["model"]),
        folds="results/folds.parquet",
    output:
        "results/evaluation/new_samples.csv",
    log:
        "results/log/score_new_samples.log",
    benchmark:
        "results/benchmarks/score_new_samples.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000 + memory_of(config["models"][config["evaluation"]["predictive"]["model"]]), 40, ["train"]),
        runtime=minutes(60, 5),
    params:
        code=training_code("score_new_samples", config["evaluation"]["predictive"]["model"]),
        settings={
            **training_settings(config["evaluation"]["predictive"]["model"], "selection", "folds"),
            "level": config["evaluation"]["level"],
            "rounds": config["evaluation"]["rounds"],
            "predictive": config["evaluation"]["predictive"],
        },
    message:
        "Parting the events, many times, to see whether one part predicts the score of another"
    script:
        "../workflow/scripts/score_new_samples.py"


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
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 40),
        runtime=minutes(60, 5),
    params:
        code=training_code("ablate_families", config["ablation"]["model"]),
        settings=training_settings(config["ablation"]["model"], "threshold", "ablation"),
    message:
        "Scoring without each feature family, and with each alone"
    script:
        "../workflow/scripts/ablate_families.py"


rule score_outliers:
    input:
        train="results/features/train.parquet",
        folds="results/folds.parquet",
    output:
        "results/evaluation/outliers.csv",
    log:
        "results/log/score_outliers.log",
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000, 20),
        runtime=minutes(30, 2),
    params:
        code=training_code("score_outliers", config["outliers"]["model"]),
        settings=training_settings(config["outliers"]["model"], "outliers"),
    message:
        "Leaving out one type after another, to see how high it ranks as unusual"
    script:
        "../workflow/scripts/score_outliers.py"


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
    resources:
        mem_mb=megabytes(1000, 20),
        runtime=minutes(20, 1),
    params:
        code=code_of("select_features", loaded_by(config["selection"]["ranker"])),
        settings={name: config[name] for name in ("seed", "target", "training", "selection")},
    message:
        "Finding the features that stability selection keeps"
    script:
        "../workflow/scripts/select_features.py"


rule networks:
    input:
        "results/evaluation/networks.csv",
        "results/evaluation/network_losses.csv",
        ["results/tracked_networks.json"] if config["tracking"]["mlflow"] else [],
    localrule: True


rule draw_networks:
    input:
        network_files(FITS),
    output:
        table="results/evaluation/network_losses.csv",
        svg="results/evaluation/figures/networks_losses.svg",
        png="results/evaluation/figures/networks_losses.png",
    log:
        "results/log/draw_networks.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    params:
        code=code_of("draw_networks"),
        names=names_of_networks(),
    message:
        "Drawing how the networks learned"
    script:
        "../workflow/scripts/draw_networks.py"


rule track_networks:
    input:
        models=network_files(FITS),
        out_of_fold=network_files(PREDICTED["out_of_fold"]),
        folds="results/folds.parquet",
    output:
        "results/tracked_networks.json",
    log:
        "results/log/track_networks.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(20),
    params:
        code=code_of("track_networks"),
        names=names_of_networks(),
        settings=config["tracking"],
    message:
        "Logging the networks to MLflow"
    script:
        "../workflow/scripts/track_networks.py"


use rule score as score_networks with:
    input:
        out_of_fold=network_files(PREDICTED["out_of_fold"])
        + expand(PREDICTED["out_of_fold"], training=FINAL, protocol=PROTOCOLS, model="mlp_multiclass", repeat=REPEATS),
        folds="results/folds.parquet",
    output:
        "results/evaluation/networks.csv",
    log:
        "results/log/score_networks.log",
    message:
        "Scoring the networks"


rule rocket:
    input:
        expand("results/evaluation/{table}.csv", table=["rocket", "rocket_gains"]),
    localrule: True


rule score_rocket:
    input:
        unpack(rocket_inputs),
        folds="results/folds.parquet",
    output:
        scores="results/evaluation/rocket.csv",
        gains="results/evaluation/rocket_gains.csv",
    log:
        "results/log/score_rocket.log",
    benchmark:
        "results/benchmarks/score_rocket.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000 + memory_of(*rocket_blocks().values()), 40, ["train"]),
        runtime=minutes(120, 5),
    params:
        code=code_of("score_rocket", code_of_blocks(rocket_blocks())),
        tuned=tuned_of(rocket_blocks()),
        settings={
            **scoring_settings("target", "training", "selection", "folds", "rocket"),
            "models": rocket_blocks(),
            "members": rocket_members(),
            **files_of(*rocket_blocks().values()),
        },
    message:
        "Scoring models on ROCKET's columns, and what they add to others"
    script:
        "../workflow/scripts/score_rocket.py"


rule fresh:
    input:
        expand("results/evaluation/{table}.csv", table=["fresh", "fresh_gains"]),
    localrule: True


rule score_fresh:
    input:
        unpack(fresh_inputs),
        folds="results/folds.parquet",
    output:
        scores="results/evaluation/fresh.csv",
        gains="results/evaluation/fresh_gains.csv",
    log:
        "results/log/score_fresh.log",
    benchmark:
        "results/benchmarks/score_fresh.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(2000 + memory_of(*fresh_blocks().values()), 40, ["train"]),
        runtime=minutes(120, 5),
    params:
        code=code_of("score_fresh", code_of_blocks(fresh_blocks())),
        tuned=tuned_of(fresh_blocks()),
        settings={
            **scoring_settings("target", "training", "selection", "folds", "fresh"),
            "models": fresh_blocks(),
            "members": SUBMITTED_MODELS,
        },
    message:
        "Scoring what is submitted, and variants of it, on folds drawn anew"
    script:
        "../workflow/scripts/score_fresh.py"
