# Exports for other programs: up to three jobs per video, by what the formats need, and a data set of the whole run.

if plan.exported_files["export"]:

    rule export:
        input:
            pose=lambda wildcards: plan.pose(wildcards.video),
            face=lambda wildcards: plan.face(wildcards.video),
            emotions=scores_to_export,
        output:
            **{
                name: directory(path) if path.endswith("openpose/{video}") else path
                for name, path in plan.exported_files["export"].items()
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
        message:
            "Writing {wildcards.video} for other programs"
        shell:
            step("export", video_id="{wildcards.video:q}", **not_exported("export"))


if plan.exported_files["export_frames"]:

    rule export_frames:
        input:
            screening=f"{plan.run}/screening.tsv",
            pose=lambda wildcards: plan.pose(wildcards.video),
            face=lambda wildcards: plan.face(wildcards.video),
        output:
            plan.exported_files["export_frames"]["out"],
        log:
            f"results/logs/{plan.name}/export_frames/{{video}}.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            **triggers("export_frames"),
        message:
            "Writing the frames of {wildcards.video}"
        shell:
            step("export_frames", video_id="{wildcards.video:q}")


if plan.exported_files["export_events"]:

    rule export_events:
        input:
            **in_run("windows.parquet", "labels.parquet", "clusters.parquet"),
            face=lambda wildcards: plan.face(wildcards.video),
            emotions=lambda wildcards: plan.exported_emotions(wildcards.video) or [],
        output:
            **plan.exported_files["export_events"],
        log:
            f"results/logs/{plan.name}/export_events/{{video}}.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            **triggers("export_events"),
            media=lambda wildcards: plan.media(wildcards.video) or "",
        message:
            "Writing the events of {wildcards.video}"
        shell:
            step("export_events", video_id="{wildcards.video:q}", **not_exported("export_events"))


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
