# What each clip sounds like, and the music paired with each window.


rule soundtrack:
    input:
        media,
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
        step("soundtrack", "--video {input:q} --out {output:q}" " --settings {params.settings:q} --code {params.code}")


rule pair:
    input:
        videos=f"{plan.run}/videos.tsv",
        windows=f"{plan.run}/windows.parquet",
        features=f"{plan.run}/features.parquet",
        embedding=f"{plan.run}/embedding.parquet",
        clusters=f"{plan.run}/clusters.parquet",
        folds=f"{plan.run}/folds.parquet",
        soundtracks=plan.each_seen(plan.soundtrack),
        emotions=plan.scores_of_all(plan.emotion_moods),
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
        emotions=f"--emotions {plan.emotion_moods}" if plan.emotion_moods else "",
        settings=plan.settings_of("pair"),
        code=plan.code_of("pair"),
    message:
        "Pairing every window with music"
    shell:
        step(
            "pair",
            "--videos {input.videos:q} --windows {input.windows:q} --features {input.features:q}"
            " --embedding {input.embedding:q} --clusters {input.clusters:q} --folds {input.folds:q}"
            " --soundtracks {params.soundtracks:q} {params.emotions} --pairs-out {output.pairs:q} --unpaired-out {output.unpaired:q}"
            " --settings {params.settings:q} --code {params.code}",
        )


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
        step(
            "preview",
            "--videos {input.videos:q} --pairs {input.pairs:q}"
            " --soundtracks {params.soundtracks:q} --out {output:q} --threads {threads}"
            " --settings {params.settings:q} --code {params.code}",
        )
