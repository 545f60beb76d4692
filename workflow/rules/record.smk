# The record of the run, written last: hashes of all files, how each was made, and digests for comparing runs.


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
        "Writing the record of the run"
    shell:
        step("record", threads="{threads}")
