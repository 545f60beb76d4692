# What other programs read: one job per video for all chosen formats, and a data set of the whole run.

from moodreel.workflow.plan.runs import EXPORTS

if plan.exported_files:

    rule export:
        input:
            pose=lambda wildcards: plan.pose(wildcards.video),
            face=lambda wildcards: plan.face(wildcards.video),
            windows=f"{plan.run}/windows.parquet",
            labels=f"{plan.run}/labels.parquet",
            clusters=f"{plan.run}/clusters.parquet",
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
            media=lambda wildcards: plan.media(wildcards.video) or "",
            settings=plan.settings_of("export"),
            code=plan.code_of("export"),
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
        videos=f"{plan.run}/videos.tsv",
        screening=f"{plan.run}/screening.tsv",
        emotions=f"{plan.run}/emotions.tsv",
        windows=f"{plan.run}/windows.parquet",
        labels=f"{plan.run}/labels.parquet",
        clusters=f"{plan.run}/clusters.parquet",
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
        run_name=plan.name,
        settings=plan.settings_of("export_dataset"),
        code=plan.code_of("export_dataset"),
    message:
        "Writing the run's tables as a Psych-DS data set"
    shell:
        step("export_dataset")
