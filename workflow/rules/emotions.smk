# Emotion scores of the face in each frame, if emotions.backend is set: per video and detector, one more decode.


rule emotions:
    input:
        video=lambda wildcards: [] if wildcards.detector == "mesh" else media(wildcards),
        models=lambda wildcards: plan.emotion_models(wildcards.detector),
        crops=lambda wildcards: plan.scored_crops(wildcards.video) if wildcards.detector == "mesh" else [],
    output:
        "results/videos/{video}/{extraction}/emotions-{detector}-{scoring}/emotions.parquet",
    log:
        "results/logs/emotions/{video}.{extraction}.{detector}.{scoring}.log",
    wildcard_constraints:
        detector="mesh|haar|mtcnn|facenet",
        scoring="[0-9a-f]{8}",
    priority: len(plan.videos) + 1
    conda:
        plan.extraction_env
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
        gpu=plan.gpus,
        device=plan.settings.extraction.device,
        models=plan.models_folder,
    params:
        **triggers("emotions"),
        content=lambda wildcards: plan.content_of(wildcards.video),
        start_s=of_video("start_s"),
        end_s=of_video("end_s"),
        sha256=lambda wildcards: plan.emotion_models_sha256(wildcards.detector),
    message:
        "Scoring the faces of {wildcards.video} ({wildcards.detector})"
    shell:
        step(
            "emotions",
            models="{resources.models:q}",
            detector="{wildcards.detector}",
            device="{resources.device}",
            threads="{threads}",
        )


rule clip_emotions:
    input:
        videos=f"{plan.run}/videos.tsv",
        emotions=plan.emotion_tables,
    output:
        clips=f"{plan.run}/clip_emotions.tsv",
        accuracy=f"{plan.run}/clip_accuracy.tsv",
        detectors=f"{plan.run}/detectors.tsv",
        timeline=f"{plan.run}/emotion_timeline.tsv",
    log:
        f"results/logs/{plan.name}/clip_emotions.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        **triggers("clip_emotions"),
        table=plan.settings.videos,
        emotions_sha256=plan.emotions_sha256,
        scores=[plan.scoring_folder(detector) for detector in plan.settings.emotions.detectors],
    message:
        "Counting the emotions in the frames of each video"
    shell:
        step("clip_emotions", table="{params.table:q}")
