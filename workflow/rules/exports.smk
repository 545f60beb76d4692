# Exports for other programs: one job per video for all chosen formats, and a data set of the whole run.

from moodreel.workflow.plan.runs import EXPORTS

if plan.exported_files:

    rule export:
        input:
            **in_run("windows.parquet", "labels.parquet", "clusters.parquet"),
            pose=lambda wildcards: plan.pose(wildcards.video),
            face=lambda wildcards: plan.face(wildcards.video),
            emotions=lambda wildcards: plan.exported_emotions(wildcards.video) or [],
        output:
            **{
                name: directory(path) if path.endswith("openpose/{video}") else path
                for name, path in plan.exported_files.items()
            },
        log:
            f"results/logs/{plan.name}/export/{{video}}.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            **triggers("export"),
            media=lambda wildcards: plan.media(wildcards.video) or "",
        message:
            "Writing {wildcards.video} for other programs"
        shell:
            step(
                "export",
                video_id="{wildcards.video:q}",
                **dict.fromkeys(EXPORTS.keys() - plan.exported_files),
            )


rule export_dataset:
    input:
        **in_run("videos.tsv", "screening.tsv", "emotions.tsv", "windows.parquet", "labels.parquet"),
        **in_run("clusters.parquet"),
        poses=plan.each(plan.pose),
        faces=plan.each(plan.face),
    output:
        directory(f"{plan.run}/exports/psych-ds"),
    log:
        f"results/logs/{plan.name}/export_dataset.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        **triggers("export_dataset"),
        run_name=plan.name,
    message:
        "Writing the run's tables as a Psych-DS data set"
    shell:
        step("export_dataset")
