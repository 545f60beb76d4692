# The soundtrack of each clip, and the music paired with each window.


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
        **triggers("soundtrack"),
        content=lambda wildcards: plan.content_of(wildcards.video),
    message:
        "Analysing the sound of {wildcards.video}"
    shell:
        step("soundtrack")


rule pair:
    input:
        **in_run("videos.tsv", "windows.parquet", "features.parquet", "embedding.parquet", "clusters.parquet"),
        **in_run("folds.parquet"),
        sounds=plan.each_read(plan.soundtrack),
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
        **triggers("pair"),
        soundtracks=lambda wildcards: plan.soundtrack("{video}"),
        emotions=plan.emotion_moods or "",
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
        **triggers("preview"),
        soundtracks=lambda wildcards: plan.soundtrack("{video}"),
    message:
        "Rendering previews of the best pairs"
    shell:
        step("preview", threads="{threads}")
