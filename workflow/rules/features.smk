# Per run: the resolved settings and videos, which videos are kept, the feature grid and its windows, and their labels.


rule describe:
    output:
        f"{plan.run}/settings.yaml",
    log:
        f"results/logs/{plan.name}/describe.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=plan.whole_settings,
        extractions=sorted(plan.extractions),
        code=plan.code_of("describe"),
    message:
        "Writing down the settings of the run"
    shell:
        step("describe", extractions="results/extractions.tsv")


rule table:
    output:
        f"{plan.run}/videos.tsv",
    log:
        f"results/logs/{plan.name}/table.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=plan.table_settings,
        # A function: the Snakemake inside a cluster job need not look at all files for it
        rows_sha256=lambda wildcards: plan.rows_sha256,
        code=plan.code_of("table"),
    message:
        "Writing down the videos of the run"
    shell:
        step("table")


rule screen:
    input:
        videos=f"{plan.run}/videos.tsv",
        poses=plan.each(plan.pose),
        faces=plan.each(plan.face),
    output:
        f"{plan.run}/screening.tsv",
    log:
        f"results/logs/{plan.name}/screen.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        **triggers("screen"),
    message:
        f"Screening {len(plan.videos)} videos"
    shell:
        step("screen")


rule windows:
    input:
        videos=f"{plan.run}/videos.tsv",
        screening=f"{plan.run}/screening.tsv",
        columns=plan.raw_columns,
        emotions=plan.scores_of_all(plan.emotion_features),
    output:
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
    log:
        f"results/logs/{plan.name}/windows.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        **triggers("windows"),
        emotions=plan.emotion_features or "",
    message:
        "Putting features on a time grid and cutting windows"
    shell:
        step("windows")


rule labels:
    input:
        videos=f"{plan.run}/videos.tsv",
        windows=f"{plan.run}/windows.parquet",
        truths=[plan.truth(video) for video in plan.builtin],
    output:
        labels=f"{plan.run}/labels.parquet",
        emotions=f"{plan.run}/emotions.tsv",
    log:
        f"results/logs/{plan.name}/labels.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        table=plan.settings.videos,
        emotions_sha256=plan.emotions_sha256,
        code=plan.code_of("labels"),
    message:
        "Giving each window its label"
    shell:
        step("labels")
