# Needs:  the survey's files, results/{submission,probabilities}.csv, results/evaluation/scores.csv.
# Makes:  results/input.json and results/classified/input.json: the data behind the results;
#         results/provenance.json: what these results were made from.


rule record_input:
    input:
        lambda wildcards: files_of_survey(SOURCE, DATA_DIR, SPLITS, SETS, METADATA),
    output:
        "results/input.json",
    log:
        "results/log/record_input.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400),
        runtime=minutes(10, 0.1),
    params:
        code=code_of("record_input"),
        called=lambda wildcards: CALLED,
        data=lambda wildcards: content_of_survey(SOURCE, DATA_DIR, SPLITS, SETS, METADATA),
        folder=Path(DATA_DIR),  # a Path does not count as a param
    message:
        "Recording the data of the survey"
    script:
        "../workflow/scripts/record_input.py"


if NEW_DATA:

    use rule record_input as record_new_input with:
        input:
            lambda wildcards: files_of_survey(NEW_SOURCE, NEW_DATA, NEW_SPLITS, NEW_SETS, NEW_METADATA),
        output:
            "results/classified/input.json",
        log:
            "results/log/record_new_input.log",
        params:
            code=code_of("record_input"),
            called=lambda wildcards: NEW_DATA,
            data=lambda wildcards: content_of_survey(NEW_SOURCE, NEW_DATA, NEW_SPLITS, NEW_SETS, NEW_METADATA),
            folder=Path(NEW_DATA),
        message:
            "Recording the data of the new objects"


rule record_provenance:
    input:
        data="results/input.json",
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
        project=PROJECT,  # a Path does not count as a param: the project's place changes no result
    message:
        "Recording what the results were made from"
    script:
        "../workflow/scripts/record_provenance.py"
