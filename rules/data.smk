# Needs:  a survey in a format that a source reads (data_dir), or nothing (data_dir null: the survey is simulated here);
#         with new_data also new objects, which go through the same rules as splits named {split}.new.
# Makes:  results/metadata.parquet, results/{lightcurves,objects,set_aside}/{part}.parquet, and altered training
#         objects, each kind a part of its own: results/{augmented,lightcurves,objects}/{kind}.parquet; where probabilities
#         are averaged over photometric redshifts, parts {part}.draw{draw} with one draw of these. On demand, by
#         simulated_snana and simulated_alerts, the simulated survey in other formats: results/survey.{snana,alerts}.


include: "functions/data.smk"


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

    rule simulate_snana:
        input:
            truth="results/survey/truth.parquet",
        output:
            train=directory("results/survey.snana/train/{split}"),
            test=directory("results/survey.snana/test/{split}"),
        log:
            "results/log/simulate_snana/{split}.log",
        conda:
            "../envs/mallorn.yaml"
        resources:
            mem_mb=megabytes(500),
            runtime=minutes(10),
        params:
            code=code_of("simulate_format"),
            settings={
                "format": "snana",
                "seed": config["seed"],
                "simulation": config["simulation"],
                "passbands": PASSBANDS.to_text(),
            },
        message:
            "Simulating SNANA's files of {wildcards.split}"
        script:
            "../workflow/scripts/simulate_format.py"

    use rule simulate_snana as simulate_alerts with:
        output:
            train="results/survey.alerts/train/{split}.avro",
            test="results/survey.alerts/test/{split}.avro",
        log:
            "results/log/simulate_alerts/{split}.log",
        params:
            settings={
                "format": "alerts",
                "seed": config["seed"],
                "simulation": config["simulation"],
                "passbands": PASSBANDS.to_text(),
            },
        message:
            "Simulating alerts of {wildcards.split}"

    rule simulated_snana:
        input:
            expand("results/survey.snana/{set}/{split}", set=SETS, split=SPLITS),
        localrule: True

    rule simulated_alerts:
        input:
            expand("results/survey.alerts/{set}/{split}.avro", set=SETS, split=SPLITS),
        localrule: True


rule ingest_metadata:
    input:
        **set_aside_of(SOURCE, SPLITS),
        metadata=plain(METADATA) or KNOWN,
        dust_map=DUST_MAP,
    output:
        "results/metadata.parquet",
    log:
        "results/log/ingest_metadata.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400 + DUST_MB, 10, ["metadata"]),
        runtime=minutes(5),
    params:
        adapter=adapter("gather", SOURCE),
        code=code_of_reading("gather", SOURCE),
        data=content(DATA_DIR, METADATA),
        source=SOURCE,
        folder=Path(DATA_DIR),  # a Path does not count as a param: the survey's place changes no result
        survey={"splits": SPLITS, "sets": SETS, "suffix": ""},
        settings=config["ingest"],
    message:
        "Checking what the survey says about each object"
    script:
        "../workflow/scripts/{params.adapter}.py"


rule ingest:
    input:
        files=lambda wildcards: plain(READ[SOURCE].files(DATA_DIR, wildcards.split, SETS)),
        metadata=ancient(METADATA),  # the param data follows the part of their content that is read
        dust_map=DUST_MAP,
    output:
        **known_of(SOURCE, "results/known/{split}.parquet"),
        points="results/lightcurves/{split}.parquet",
        objects="results/objects/{split}.parquet",
        set_aside="results/set_aside/{split}.parquet",
    log:
        "results/log/ingest/{split}.log",
    wildcard_constraints:
        split="|".join(map(re.escape, SPLITS)),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(400 + DUST_MB, 8, ["metadata"]),
        runtime=minutes(5, 0.1),
    params:
        adapter=adapter("read", SOURCE),
        code=code_of_reading("read", SOURCE),
        data=lambda wildcards: content_of_split(SOURCE, DATA_DIR, SETS, wildcards.split),
        chosen=lambda wildcards: chosen_by(SOURCE, DATA_DIR, wildcards.split),
        source=SOURCE,
        folder=Path(DATA_DIR),
        survey={"sets": SETS, "passbands": PASSBANDS.to_text(), "surveys": SURVEYS},
        settings=reading(SOURCE),
    message:
        "Reading the light curves of {wildcards.split}"
    script:
        "../workflow/scripts/{params.adapter}.py"


if NEW_DATA:

    use rule ingest_metadata as ingest_new_metadata with:
        input:
            **set_aside_of(NEW_SOURCE, [f"{split}.{NEW}" for split in NEW_SPLITS]),
            metadata=plain(NEW_METADATA) or NEW_KNOWN,
            dust_map=DUST_MAP,
        output:
            "results/classified/metadata.parquet",
        log:
            "results/log/ingest_new_metadata.log",
        params:
            adapter=adapter("gather", NEW_SOURCE),
            code=code_of_reading("gather", NEW_SOURCE),
            data=content(NEW_DATA, NEW_METADATA),
            source=NEW_SOURCE,
            folder=Path(NEW_DATA),
            survey={"splits": NEW_SPLITS, "sets": NEW_SETS, "suffix": f".{NEW}"},
        message:
            "Checking what is known about the new objects"

    use rule ingest as ingest_new with:
        input:
            files=lambda wildcards: plain(READ[NEW_SOURCE].files(NEW_DATA, wildcards.split, NEW_SETS)),
            metadata=ancient(NEW_METADATA),
            dust_map=DUST_MAP,
        output:
            **known_of(NEW_SOURCE, f"results/known/{{split}}.{NEW}.parquet"),
            points=f"results/lightcurves/{{split}}.{NEW}.parquet",
            objects=f"results/objects/{{split}}.{NEW}.parquet",
            set_aside=f"results/set_aside/{{split}}.{NEW}.parquet",
        log:
            "results/log/ingest_new/{split}.log",
        wildcard_constraints:
            split="|".join(map(re.escape, NEW_SPLITS)),
        params:
            adapter=adapter("read", NEW_SOURCE),
            code=code_of_reading("read", NEW_SOURCE),
            data=lambda wildcards: content_of_split(NEW_SOURCE, NEW_DATA, NEW_SETS, wildcards.split),
            chosen=lambda wildcards: chosen_by(NEW_SOURCE, NEW_DATA, wildcards.split),
            source=NEW_SOURCE,
            folder=Path(NEW_DATA),
            survey={
                "sets": NEW_SETS,
                "passbands": NEW_PASSBANDS.to_text(),
                "surveys": NEW_SURVEYS,
                "in_slots": left_of_new(),
            },
            settings=reading(NEW_SOURCE),
        message:
            "Reading the new light curves of {wildcards.split}"


rule augment:
    input:
        metadata="results/metadata.parquet",
        points=ALL_LIGHTCURVES["lightcurves"],
        objects=ALL_LIGHTCURVES["objects"],
        fits=augmentation_fits,
    output:
        metadata="results/augmented/{kind}.parquet",
        points="results/lightcurves/{kind}.parquet",
        objects="results/objects/{kind}.parquet",
    log:
        "results/log/augment/{kind}.log",
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5, 0.2),
    params:
        code=code_of("augment"),
        settings=augmentation_settings,
    message:
        "Altering the training objects: {wildcards.kind}"
    script:
        "../workflow/scripts/augment.py"


rule draw_redshifts:
    input:
        lambda wildcards: metadata_of(wildcards.drawn),
    output:
        "results/drawn/{drawn}.draw{draw}.parquet",
    log:
        "results/log/draw_redshifts/{drawn}.{draw}.log",
    wildcard_constraints:
        drawn="|".join(DRAWS),
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500, 10),
        runtime=minutes(5),
    params:
        code=code_of("draw_redshifts"),
        which=lambda wildcards: {
            "set": "train" if wildcards.drawn == "photoz" else "test",
            "draw": int(wildcards.draw),
            "suffix": f".draw{wildcards.draw}",
        },
        settings=draw_settings,
    message:
        "Drawing photometric redshifts of {wildcards.drawn}, draw {wildcards.draw}"
    script:
        "../workflow/scripts/draw_redshifts.py"


rule draw_lightcurves:
    input:
        metadata=lambda wildcards: f"results/drawn/{table_of(wildcards.part)}.draw{wildcards.draw}.parquet",
        points=LIGHTCURVES["points"],
        objects=LIGHTCURVES["objects"],
    output:
        points="results/lightcurves/{part}.draw{draw}.parquet",
        objects="results/objects/{part}.draw{draw}.parquet",
    log:
        "results/log/draw_lightcurves/{part}.{draw}.log",
    wildcard_constraints:
        part="|".join([SPLIT, rf"{SPLIT}\.{NEW}", "photoz"]),
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5, 0.1),
    params:
        code=code_of("draw_lightcurves"),
    message:
        "Giving {wildcards.part} its redshifts of draw {wildcards.draw}"
    script:
        "../workflow/scripts/draw_lightcurves.py"
