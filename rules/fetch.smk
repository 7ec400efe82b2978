# Needs:  the network, for snakemake alerce_sample alone; with alerce.ids that file.
# Makes:  results/alerce/sample/: a survey that the source alerce reads, objects.csv and lightcurves_{chunk}.json.gz;
#         results/alerce/{objects,counts/{chunk},summary}.json: what was asked, and what came.
#         ALeRCE's answers as they came are in alerce.cache, which no command of Snakemake deletes.


include: "functions/fetch.smk"


ALERCE_SAMPLE = "results/alerce/sample"


rule choose_alerce_objects:
    input:
        ids=[config["alerce"]["ids"]] if config["alerce"]["ids"] else [],
    output:
        objects=f"{ALERCE_SAMPLE}/objects.csv",
        counts="results/alerce/objects.json",
    log:
        "results/log/choose_alerce_objects.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(120),
    params:
        code=code_of("choose_alerce_objects"),
        settings=alerce_settings(*ALERCE_CHOICE),
    message:
        "Choosing objects from ALeRCE"
    script:
        "../workflow/scripts/choose_alerce_objects.py"


rule fetch_alerce_lightcurves:
    input:
        f"{ALERCE_SAMPLE}/objects.csv",
    output:
        lightcurves=f"{ALERCE_SAMPLE}/lightcurves_{{chunk}}.json.gz",
        counts="results/alerce/counts/{chunk}.json",
    log:
        "results/log/fetch_alerce_lightcurves/{chunk}.log",
    wildcard_constraints:
        chunk=r"\d+",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    threads: config["alerce"]["connections"]
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(120),
    params:
        code=code_of("fetch_alerce_lightcurves"),
        settings=alerce_settings("survey", "forced_photometry", "objects_per_file"),
    message:
        "Fetching light curves from ALeRCE, part {wildcards.chunk}"
    script:
        "../workflow/scripts/fetch_alerce_lightcurves.py"


rule alerce_sample:
    input:
        objects="results/alerce/objects.json",
        counts=lambda wildcards: expand("results/alerce/counts/{chunk}.json", chunk=alerce_chunks()),
        lightcurves=lambda wildcards: expand(f"{ALERCE_SAMPLE}/lightcurves_{{chunk}}.json.gz", chunk=alerce_chunks()),
    output:
        "results/alerce/summary.json",
    log:
        "results/log/alerce_sample.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(5),
    params:
        code=code_of("alerce_sample"),
    message:
        "Summing up what came from ALeRCE"
    script:
        "../workflow/scripts/alerce_sample.py"
