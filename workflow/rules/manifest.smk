# What the run has made, written down last of all: hashes, what made what, and digests to compare another run with.


rule manifest:
    input:
        plan.manifest_inputs,
    output:
        manifest=f"{plan.run}/manifest.json",
        digests=f"{plan.run}/digests.parquet",
    log:
        f"results/logs/{plan.name}/manifest.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        run=subpath(output.manifest, parent=True),
        code=plan.code_of("manifest"),
    message:
        "Writing down what the run has made"
    shell:
        step(
            "manifest",
            "--run {params.run:q} --out {output.manifest:q}"
            " --digests-out {output.digests:q} --threads {threads} --code {params.code}",
        )
