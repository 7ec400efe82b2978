# Needs:  results/{lightcurves,objects}/{part}.parquet.
# Makes:  results/fits/{drw,matern}/{part}/{slot}.parquet, results/fits/{multiband,hypotheses,semi_parametric}/{part}.parquet,
#         results/posterior/{part}.parquet: models fitted to the light curves, from which feature families are made.

ARTIFACTS = {
    "lightcurves": LIGHTCURVES["points"],
    "posterior": "results/posterior/{part}.parquet",
    "fits/multiband": "results/fits/multiband/{part}.parquet",
    "fits/hypotheses": "results/fits/hypotheses/{part}.parquet",
    "fits/semi_parametric": "results/fits/semi_parametric/{part}.parquet",
    "fits/drw": {slot: f"results/fits/drw/{{part}}/{slot}.parquet" for slot in SLOTS},
    "fits/matern": {slot: f"results/fits/matern/{{part}}/{slot}.parquet" for slot in SLOTS},
}
ENGINE = {"engine": "results/engine"} if config["gp"]["engine"] == "compiled" else {}
OF_MULTIBAND = {"engine": "results/engine"} if config["gp"]["engine"] != "celerite2" else {}


rule fit_drw:
    input:
        **ENGINE,
        **LIGHTCURVES,
    output:
        **ARTIFACTS["fits/drw"],
    log:
        "results/log/fit_drw/{part}.log",
    benchmark:
        "results/benchmarks/fit_drw/{part}.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5, 1),
    params:
        code=code_of("fit_process"),
        process="drw",
        settings=config["fits"]["drw"],
        gp=config["gp"],
    message:
        "Fitting damped random walks to each passband of {wildcards.part}"
    script:
        "../workflow/scripts/fit_process.py"


use rule fit_drw as fit_matern with:
    output:
        **ARTIFACTS["fits/matern"],
    log:
        "results/log/fit_matern/{part}.log",
    benchmark:
        "results/benchmarks/fit_matern/{part}.tsv"
    params:
        process="matern",
        settings=config["fits"]["matern"],
    message:
        "Fitting Matern-3/2 processes to each passband of {wildcards.part}"


use rule fit_drw as fit_multiband with:
    input:
        **OF_MULTIBAND,
        **LIGHTCURVES,
    output:
        ARTIFACTS["fits/multiband"],
    log:
        "results/log/fit_multiband/{part}.log",
    benchmark:
        "results/benchmarks/fit_multiband/{part}.tsv"
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5, 2),
    params:
        process="multiband",
        settings=config["fits"]["multiband"],
    message:
        "Fitting Gaussian processes to all passbands of {wildcards.part}"


rule predict_posterior:
    input:
        **LIGHTCURVES,
        fits=ARTIFACTS["fits/multiband"],
    output:
        ARTIFACTS["posterior"],
    log:
        "results/log/predict_posterior/{part}.log",
    benchmark:
        "results/benchmarks/predict_posterior/{part}.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5, 2),
    params:
        code=code_of("predict_posterior"),
        settings=config["posterior"],
    message:
        "Predicting the light curves of {wildcards.part}"
    script:
        "../workflow/scripts/predict_posterior.py"


rule compile_engine:
    output:
        directory("results/engine"),
    log:
        "results/log/compile_engine.log",
    priority: 1
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=code_of("compile_engine"),
    message:
        "Compiling the fits of Gaussian processes"
    script:
        "../workflow/scripts/compile_engine.py"


rule compile_kernels:
    output:
        directory("results/kernels"),
    log:
        "results/log/compile_kernels.log",
    priority: 1
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(10),
    params:
        code=code_of("compile_kernels"),
    message:
        "Compiling the fits of physical hypotheses"
    script:
        "../workflow/scripts/compile_kernels.py"


rule fit_hypotheses:
    input:
        **LIGHTCURVES,
        kernels="results/kernels",
    output:
        ARTIFACTS["fits/hypotheses"],
    log:
        "results/log/fit_hypotheses/{part}.log",
    benchmark:
        "results/benchmarks/fit_hypotheses/{part}.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(10, 10),
    params:
        code=code_of("fit_hypotheses", {"hypotheses": config["fits"]["hypotheses"]["models"]}),
        settings=config["fits"]["hypotheses"],
    message:
        "Fitting physical hypotheses to {wildcards.part}"
    script:
        "../workflow/scripts/fit_hypotheses.py"


rule fit_semi_parametric:
    input:
        **LIGHTCURVES,
        kernels="results/kernels",
        hypotheses=ARTIFACTS["fits/hypotheses"],
    output:
        ARTIFACTS["fits/semi_parametric"],
    log:
        "results/log/fit_semi_parametric/{part}.log",
    benchmark:
        "results/benchmarks/fit_semi_parametric/{part}.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5, 2),
    params:
        code=code_of("fit_semi_parametric"),
        settings=config["fits"]["semi_parametric"],
    message:
        "Fitting semi-parametric hypotheses to {wildcards.part}"
    script:
        "../workflow/scripts/fit_semi_parametric.py"
