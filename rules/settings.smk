# Needs:  nothing.
# Makes:  docs/reference/configuration.md and workflow/schemas/config.schema.yaml, from the models of mallorn.settings.


rule configuration_reference:
    output:
        page="docs/reference/configuration.md",
        schema="workflow/schemas/config.schema.yaml",
    log:
        "results/log/configuration_reference.log",
    localrule: True
    conda:
        "../envs/mallorn.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    params:
        code=code_of("configuration_reference"),
    message:
        "Writing the reference page of the configuration, and its schema"
    script:
        "../workflow/scripts/configuration_reference.py"
