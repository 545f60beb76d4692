# What other programs read: one job per video for all chosen formats, and a data set of the whole run.


if plan.export_patterns:

    rule export:
        input:
            pose=lambda wildcards: plan.pose(wildcards.video),
            face=lambda wildcards: plan.face(wildcards.video),
            windows=f"{plan.run}/windows.parquet",
            labels=f"{plan.run}/labels.parquet",
            clusters=f"{plan.run}/clusters.parquet",
            emotions=lambda wildcards: plan.exported_emotions(wildcards.video) or [],
        output:
            [directory(path) if path.endswith("openpose/{video}") else path for path in plan.exported_files],
        log:
            f"results/logs/{plan.name}/export/{{video}}.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            folder=f"{plan.run}/exports",
            formats=list(plan.export_patterns),
            media=lambda wildcards: media_option(wildcards),
            emotions=lambda wildcards, input: f"--emotions {shlex.quote(input.emotions)}" if input.emotions else "",
            settings=plan.settings_of("export"),
            code=plan.code_of("export"),
        message:
            "Writing {wildcards.video} for other programs"
        shell:
            step(
                "export",
                "--video-id {wildcards.video:q} --formats {params.formats}"
                " --pose {input.pose:q} --face {input.face:q} --windows {input.windows:q} --labels {input.labels:q}"
                " --clusters {input.clusters:q} {params.emotions} {params.media} --out-folder {params.folder:q}"
                " --settings {params.settings:q} --code {params.code}",
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
        run=plan.name,
        settings=plan.settings_of("export_dataset"),
        code=plan.code_of("export_dataset"),
    message:
        "Writing the run's tables as a Psych-DS data set"
    shell:
        step(
            "export_dataset",
            "--run-name {params.run:q} --videos {input.videos:q}"
            " --screening {input.screening:q} --emotions {input.emotions:q} --windows {input.windows:q}"
            " --labels {input.labels:q} --clusters {input.clusters:q} --out {output:q}"
            " --settings {params.settings:q} --code {params.code}",
        )
