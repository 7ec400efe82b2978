"""Write the reference page of the configuration, and its schema."""

from mallorn.io.files import write_text
from mallorn.settings.reference import page, schema_text


def main(output_page, output_schema):
    """Write the page (Markdown) and the JSON schema (YAML) of all settings."""
    write_text(output_page, page())
    write_text(output_schema, schema_text())


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.output.page, snakemake.output.schema)
