# Needs:  a survey in the Kaggle layout (data_dir), or nothing (data_dir null: the survey is simulated here).
# Makes:  results/logs.parquet, results/{lightcurves,objects,set_aside}/{split}.parquet, and altered copies of the
#         training objects, each kind as a split of its own: results/{copies,lightcurves,objects}/{kind}.parquet.

if config["data_dir"] is None:

    rule simulate_logs:
        output:
            train="results/survey/train_log.csv",
            test="results/survey/test_log.csv",
            submission="results/survey/sample_submission.csv",
            truth="results/survey/truth.parquet",
        log:
            "results/log/simulate_logs.log",
        localrule: True
        conda:
            "../envs/mallorn.yaml"
        threads: 1
        resources:
            mem_mb=megabytes(500),
            runtime=minutes(5),
        params:
            code=code_of("simulate_logs"),
            settings={"seed": config["seed"], "simulation": config["simulation"], "passbands": PASSBANDS.to_text()},
        message:
            "Drawing the objects of a simulated survey"
        script:
            "../workflow/scripts/simulate_logs.py"

    rule simulate_split:
        input:
            truth="results/survey/truth.parquet",
        output:
            train="results/survey/{split}/train_full_lightcurves.csv",
            test="results/survey/{split}/test_full_lightcurves.csv",
        log:
            "results/log/simulate_split/{split}.log",
        conda:
            "../envs/mallorn.yaml"
        threads: 1
        resources:
            mem_mb=megabytes(500),
            runtime=minutes(10),
        params:
            code=code_of("simulate_split"),
            settings={"seed": config["seed"], "simulation": config["simulation"], "passbands": PASSBANDS.to_text()},
        message:
            "Simulating the light curves of {wildcards.split}"
        script:
            "../workflow/scripts/simulate_split.py"


rule ingest_logs:
    input:
        train=f"{DATA_DIR}/train_log.csv",
        test=f"{DATA_DIR}/test_log.csv",
        submission=SAMPLE,
    output:
        "results/logs.parquet",
    log:
        "results/log/ingest_logs.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400, 10),
        runtime=minutes(5),
    params:
        code=code_of("ingest_logs"),
        data=digests(*LOG_FILES.values(), SAMPLE_FILE),
        settings={"ingest": config["ingest"], "splits": SPLITS},
    message:
        "Checking the logs of the survey"
    script:
        "../workflow/scripts/ingest_logs.py"


rule ingest:
    input:
        train=f"{DATA_DIR}/{{split}}/train_full_lightcurves.csv",
        test=f"{DATA_DIR}/{{split}}/test_full_lightcurves.csv",
        logs=ancient(expand(f"{DATA_DIR}/{{log}}", log=LOG_FILES.values())),  # param log_rows follows their content
    output:
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
        set_aside="results/set_aside/{split}.parquet",
    log:
        "results/log/ingest/{split}.log",
    wildcard_constraints:
        split="|".join(map(re.escape, SPLITS)),
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400, 8, ["logs"]),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("ingest"),
        data=digests(*(f"{{split}}/{name}" for name in LIGHTCURVE_FILES.values())),
        log_rows=log_rows,
        settings={"ingest": config["ingest"], "passbands": PASSBANDS.to_text()},
    message:
        "Reading the light curves of {wildcards.split}"
    script:
        "../workflow/scripts/ingest.py"


rule copy_objects:
    input:
        logs="results/logs.parquet",
        points=expand("results/lightcurves/{split}.parquet", split=SPLITS),
        objects=expand("results/objects/{split}.parquet", split=SPLITS),
    output:
        logs="results/copies/{kind}.parquet",
        points="results/lightcurves/{kind}.parquet",
        objects="results/objects/{kind}.parquet",
    log:
        "results/log/copy_objects/{kind}.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("copy_objects"),
        settings=lambda wildcards: {"seed": config["seed"], "copy": config["copies"][wildcards.kind]},
    message:
        "Copying the training objects: {wildcards.kind}"
    script:
        "../workflow/scripts/copy_objects.py"
