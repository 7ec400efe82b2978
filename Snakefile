"""mallorn: from split light curves to tidal disruption event candidates. The workflow is in workflow/Snakefile."""


include: "workflow/Snakefile"


rule default:  # Snakemake forgets the default target of what a file includes
    default_target: True
    input:
        rules.all.input,
    localrule: True
