# What each clip sounds like, and the music paired with each window.


rule soundtrack:
    input:
        video=media,
    output:
        plan.soundtrack("{video}"),
    log:
        "results/logs/soundtrack/{video}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        content=lambda wildcards: plan.content_of(wildcards.video),
        settings=plan.settings_of("soundtrack"),
        code=plan.code_of("soundtrack"),
    message:
        "Listening to {wildcards.video}"
    shell:
        step("soundtrack")


rule pair:
    input:
        videos=f"{plan.run}/videos.tsv",
        windows=f"{plan.run}/windows.parquet",
        features=f"{plan.run}/features.parquet",
        embedding=f"{plan.run}/embedding.parquet",
        clusters=f"{plan.run}/clusters.parquet",
        folds=f"{plan.run}/folds.parquet",
        sounds=plan.each_seen(plan.soundtrack),
        scores=plan.scores_of_all(plan.emotion_moods),
    output:
        pairs=f"{plan.run}/pairs.tsv",
        unpaired=f"{plan.run}/unpaired.tsv",
    log:
        f"results/logs/{plan.name}/pair.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        soundtracks=lambda wildcards: plan.soundtrack("{video}"),
        emotions=plan.emotion_moods or "",
        settings=plan.settings_of("pair"),
        code=plan.code_of("pair"),
    message:
        "Pairing every window with music"
    shell:
        step("pair")


rule preview:
    input:
        videos=f"{plan.run}/videos.tsv",
        pairs=f"{plan.run}/pairs.tsv",
        media=plan.made_media,
    output:
        directory(f"{plan.run}/pairs"),
    log:
        f"results/logs/{plan.name}/preview.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        soundtracks=lambda wildcards: plan.soundtrack("{video}"),
        settings=plan.settings_of("preview"),
        code=plan.code_of("preview"),
    message:
        "Rendering previews of the best pairs"
    shell:
        step("preview", threads="{threads}")
