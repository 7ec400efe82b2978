# Needs:  the survey's files, results/{submission,probabilities}.csv, results/evaluation/scores.csv.
# Makes:  results/provenance.json: what these results were made from.


rule record_provenance:
    input:
        data=[*METADATA, *(path for split in SPLITS for path in READ[SOURCE].files(DATA_DIR, split, SETS))],
        results=["results/submission.csv", "results/probabilities.csv", "results/evaluation/scores.csv"],
    output:
        "results/provenance.json",
    log:
        "results/log/record_provenance.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(10),
    params:
        code=code_of("record_provenance"),
        project=PROJECT,  # a Path does not count as a param: where the project lies changes no result
    message:
        "Recording what the results were made from"
    script:
        "../workflow/scripts/record_provenance.py"
