# Needs:  results/{lightcurves,objects}/{split}.parquet.
# Makes:  results/benchmarks/fits.csv: our fits against other programs' on the same objects in one run.


rule bench_fits:
    input:
        points=expand("results/lightcurves/{split}.parquet", split=SPLITS),
        objects=expand("results/objects/{split}.parquet", split=SPLITS),
    output:
        "results/benchmarks/fits.csv",
    log:
        "results/log/bench_fits.log",
    conda:
        "../envs/mallorn.yaml"
    threads: 1
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
