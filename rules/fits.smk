# Needs:  results/{lightcurves,objects}/{part}.parquet.
# Makes:  results/fits/{drw,matern}/{part}/{slot}.parquet, results/fits/{multiband,hypotheses,semi_parametric}/{part}.parquet,
#         results/posterior/{part}.parquet: models fitted to the light curves, from which feature families are made.
#
# An artifact is a module of mallorn.families.artifacts; one job makes all of a part. Its files are updated: each says what
# it was made from, and one that would be made from the same stays.


include: "functions/fits.smk"


rule compile_kernels:
    output:
        directory("results/kernels"),
    log:
        "results/log/compile_kernels.log",
    priority: 1
    conda:
        "../envs/mallorn.yaml"
    threads: 2
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(10),
    params:
        code=code_of("compile_kernels"),
    message:
        "Compiling the fits of light curves"
    script:
        "../workflow/scripts/compile_kernels.py"


rule fit_lightcurves:
    input:
        **LIGHTCURVES,
        kernels="results/kernels",
    output:
        [update(path) for path in paths_of(FITTED)],
    log:
        "results/log/fit_lightcurves/{part}.log",
    benchmark:
        "results/benchmarks/fit_lightcurves/{part}.tsv"
    wildcard_constraints:
        part=ALL_PARTS,
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(15, 18),
    params:
        code=artifacts_code(),
        artifacts=lambda wildcards: artifacts_made_from(FITTED, wildcards.part),
        engine=config["gp"]["engine"],
    message:
        "Fitting the light curves of {wildcards.part}"
    script:
        "../workflow/scripts/fit_lightcurves.py"


use rule fit_lightcurves as fit_pretraining with:
    output:
        [update(path) for path in paths_of(PREDICTED_CURVES)],
    wildcard_constraints:
        part=PRETRAINING,
    params:
        artifacts=lambda wildcards: artifacts_made_from(PREDICTED_CURVES, wildcards.part),
