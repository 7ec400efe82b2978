# Needs:  results/{lightcurves,objects,posterior}/{part}.parquet, results/fits/..., results/metadata.parquet.
# Makes:  results/families/{family}/{part}.parquet, results/features/{table}.parquet (train, test, new, augmentations, draws of
#         redshifts).  docs/reference/features.md.
#
# A family is a module of mallorn.families or a plug-in, and a block `features.NAME` of config.yaml; one job makes all of a
# part. Its files are updated: each says what it was made from, and one that would be made from the same stays.


include: "functions/features.smk"


NOT_OF_FEATURES = (
    "dust_map",
    "labels",
    "held_out",
    "rows_of_object",
)  # of the block ingest: they change no light curve


rule extract_features:
    input:
        family_inputs,
        objects=LIGHTCURVES["objects"],
    output:
        [update(path) for path in expand("results/families/{family}/{{part}}.parquet", family=FAMILIES)],
    log:
        "results/log/extract_features/{part}.log",
    benchmark:
        "results/benchmarks/extract_features/{part}.tsv"
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10, 1),
    params:
        code=families_code(),
        families=families_made_from,
    message:
        "Computing the features of {wildcards.part}"
    script:
        "../workflow/scripts/extract_features.py"


rule join_features:
    input:
        unpack(joined_inputs),
    output:
        update("results/features/{table}.parquet"),
    log:
        "results/log/join_features/{table}.log",
    wildcard_constraints:
        table="|".join(f"{table}{DRAWN}" for table in ["train", "test", NEW, *AUGMENTATIONS]),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("join_features"),
        settings=joined_settings,
    message:
        "Joining the features of all splits: {wildcards.table}"
    script:
        "../workflow/scripts/join_features.py"


rule feature_catalogue:
    output:
        "docs/reference/features.md",
    log:
        "results/log/feature_catalogue.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    params:
        code=code_of("feature_catalogue", {"features": config["features"]}),
        settings=config["features"],
    message:
        "Writing the catalogue of all features"
    script:
        "../workflow/scripts/feature_catalogue.py"
