# What the run has made, written down last of all: hashes, what made what, and digests to compare another run with.


rule record:
    input:
        plan.record_inputs,
        settings_of_run=f"{plan.run}/settings.yaml",
        videos=f"{plan.run}/videos.tsv",
    output:
        record=f"{plan.run}/ro-crate-metadata.json",
        digests=f"{plan.run}/digests.parquet",
        workflow=f"{plan.run}/Snakefile",
    log:
        f"results/logs/{plan.name}/record.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=plan.code_of("record"),
    message:
        "Writing down what the run has made"
    shell:
        step("record", threads="{threads}")
