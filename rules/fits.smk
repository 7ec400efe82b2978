# Needs:  results/{lightcurves,objects}/{split}.parquet.
# Makes:  results/fits/{drw,matern}/{split}/{slot}.parquet, results/fits/{multiband,hypotheses}/{split}.parquet,
#         results/posterior/{split}.parquet: models fitted to the light curves, from which feature families are made.


rule fit_drw:
    input:
        **ENGINE,
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
    output:
        **ARTIFACTS["fits/drw"],
    log:
        "results/log/fit_drw/{split}.log",
    benchmark:
        "results/benchmarks/fit_drw/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5, 1),
    params:
        code=code_of("fit_drw"),
        settings=config["fits"]["drw"],
        gp=config["gp"],
    message:
        "Fitting damped random walks to each passband of {wildcards.split}"
    script:
        "../workflow/scripts/fit_drw.py"


rule fit_matern:
    input:
        **ENGINE,
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
    output:
        **ARTIFACTS["fits/matern"],
    log:
        "results/log/fit_matern/{split}.log",
    benchmark:
        "results/benchmarks/fit_matern/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5, 1),
    params:
        code=code_of("fit_matern"),
        settings=config["fits"]["matern"],
        gp=config["gp"],
    message:
        "Fitting Matern-3/2 processes to each passband of {wildcards.split}"
    script:
        "../workflow/scripts/fit_matern.py"


rule fit_multiband:
    input:
        **ENGINE,
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
    output:
        "results/fits/multiband/{split}.parquet",
    log:
        "results/log/fit_multiband/{split}.log",
    benchmark:
        "results/benchmarks/fit_multiband/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5, 2),
    params:
        code=code_of("fit_multiband"),
        settings=config["fits"]["multiband"],
        gp=config["gp"],
    message:
        "Fitting Gaussian processes to all passbands of {wildcards.split}"
    script:
        "../workflow/scripts/fit_multiband.py"


rule predict_posterior:
    input:
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
        fits="results/fits/multiband/{split}.parquet",
    output:
        "results/posterior/{split}.parquet",
    log:
        "results/log/predict_posterior/{split}.log",
    benchmark:
        "results/benchmarks/predict_posterior/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5, 2),
    params:
        code=code_of("predict_posterior"),
        settings=config["posterior"],
    message:
        "Predicting the light curves of {wildcards.split}"
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
    threads: 1
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
    threads: 1
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
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
        kernels="results/kernels",
    output:
        "results/fits/hypotheses/{split}.parquet",
    log:
        "results/log/fit_hypotheses/{split}.log",
    benchmark:
        "results/benchmarks/fit_hypotheses/{split}.tsv"
    conda:
        "../envs/mallorn.yaml"
    threads: 1
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(10, 10),
    params:
        code=code_of("fit_hypotheses"),
        settings=config["fits"]["hypotheses"],
    message:
        "Fitting physical hypotheses to {wildcards.split}"
    script:
        "../workflow/scripts/fit_hypotheses.py"
