"""mallorn: from split light curves to tidal disruption event candidates. The workflow is in workflow/Snakefile."""


include: "workflow/Snakefile"


rule default:  # Snakemake forgets the default target of an included file
    default_target: True
    input:
        rules.all.input,
    localrule: True
