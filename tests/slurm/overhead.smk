# Jobs that do nothing: what a job costs on the cluster. See overhead.py.


rule all:
    input:
        expand("out/{k}", k=range(config["n_jobs"])),
    localrule: True


rule nothing:
    output:
        "out/{k}",
    threads: 1
    resources:
        mem_mb=600,
        runtime=2,
    shell:
        "date +%s.%N > {output}"
