# Needs:  results/{lightcurves,objects}/{split}.parquet, a finished run and its logs.
# Makes:  results/benchmarks/summary.csv: resources that each stage used, in this run and on simulated surveys;
#         results/benchmarks/fits.csv: our fits against those of other programs, on the same objects in one run;
#         results/benchmarks/score.csv: the cost of scoring light curves, from files to probabilities;
#         results/benchmarks/rocket.csv: the cost of ROCKET's columns, by number of objects;
#         results/benchmarks/source.csv: the cost of reading some splits of the surveys' files.


include: "functions/benchmark.smk"


rule bench:
    input:
        "results/submission.csv",
        "results/evaluation/scores.csv",
        features=expand("results/features/{part}.parquet", part=["train", "test"]),
        surveys=expand("results/benchmarks/surveys/{objects}.json", objects=config["benchmark"]["surveys"]),
    output:
        "results/benchmarks/summary.csv",
    log:
        "results/log/bench.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    params:
        code=code_of("bench"),
    message:
        "Summing up the resources that each stage used"
    script:
        "../workflow/scripts/bench.py"


rule bench_survey:
    output:
        "results/benchmarks/surveys/{objects}.json",
    log:
        "results/log/bench_survey/{objects}.log",
    conda:
        "../envs/mallorn.yaml"
    threads: every_core
    resources:
        mem_mb=megabytes(8000),
        runtime=minutes(600),
    params:
        code=code_of("bench_survey"),
        snakefile=Path(workflow.main_snakefile),  # a Path does not count as a param
        features=lambda wildcards: {name: feature_state("kaggle")[name] for name in ("reading", "code")},
        settings={
            name: config[name]
            for name in ("seed", "surveys", "simulation", "ingest", "gp", "fits", "posterior", "features")
        },
    message:
        "Timing the features of a simulated survey of {wildcards.objects} objects"
    script:
        "../workflow/scripts/bench_survey.py"


rule bench_fits:
    input:
        points=ALL_LIGHTCURVES["lightcurves"],
        objects=ALL_LIGHTCURVES["objects"],
    output:
        "results/benchmarks/fits.csv",
    log:
        "results/log/bench_fits.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(2000, 10),
        runtime=minutes(120),
    params:
        code=code_of("bench_fits"),
        settings={name: config[name] for name in ("seed", "fits", "posterior", "benchmark")},
    message:
        "Timing the Gaussian-process fits against other programs"
    script:
        "../workflow/scripts/bench_fits.py"


rule bench_score:
    input:
        points=ALL_LIGHTCURVES["lightcurves"],
        objects=ALL_LIGHTCURVES["objects"],
        model="results/model",
    output:
        "results/benchmarks/score.csv",
    log:
        "results/log/bench_score.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(3000, 10),
        runtime=minutes(120),
    params:
        code=code_of("bench_score"),
        features=lambda wildcards: feature_state(SOURCE)["code"],
        settings={name: config[name] for name in ("seed", "fits", "benchmark")},
    message:
        "Timing the scores of light curves"
    script:
        "../workflow/scripts/bench_score.py"


rule bench_rocket:
    input:
        expand("results/posterior/{split}.parquet", split=SPLITS),
    output:
        "results/benchmarks/rocket.csv",
    log:
        "results/log/bench_rocket.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(3000),
        runtime=minutes(30),
    params:
        code=code_of("bench_rocket"),
        settings={"seed": config["seed"], "benchmark": config["rocket"]["benchmark"]},
    message:
        "Timing the columns of ROCKET"
    script:
        "../workflow/scripts/bench_rocket.py"


rule bench_source:
    input:
        files=lambda wildcards: files_to_time(),
        metadata=[*METADATA, *NEW_METADATA],
        dust_map=DUST_MAP,
    output:
        "results/benchmarks/source.csv",
    log:
        "results/log/bench_source.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(2000 + DUST_MB),
        runtime=minutes(120),
    params:
        code=code_of("bench_source"),
        surveys=lambda wildcards: surveys_to_time(),
    message:
        "Timing the reading of the survey's files"
    script:
        "../workflow/scripts/bench_source.py"
