# Sources of videos: built-in clips are rendered, remote videos fetched, local ones used in place.


rule actor:
    output:
        out=f"{BUILTIN_FOLDER}/{{video}}.mp4",
        truth=f"{BUILTIN_FOLDER}/{{video}}.truth.parquet",
    log:
        "results/logs/actor/{video}.log",
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(3),
    params:
        **triggers("actor"),
        source=of_video("source"),
    message:
        "Rendering the built-in clip {wildcards.video}"
    shell:
        step("actor")


# A video may disappear from the web, and Snakemake removes the outputs of a job before it runs again: so only another
# address or another size fetches a video again. Settings and code are resources, which unlike params rerun nothing.
rule fetch:
    output:
        out=f"{FETCHED_FOLDER}/{{video}}.mp4",
        status=f"{FETCHED_FOLDER}/{{video}}.fetch.json",
    log:
        "results/logs/fetch/{video}.log",
    priority: lambda wildcards: len(plan.videos) + plan.urgency(wildcards.video)
    retries: 2
    localrule: True
    conda:
        "../../envs/extraction.yaml"
    resources:
        **triggers("fetch"),
        download=1,
    params:
        source=of_video("source"),
        max_height=plan.settings.source.youtube.max_height,
    message:
        "Fetching {wildcards.video}"
    shell:
        step("fetch", settings="{resources.settings:q}", code="{resources.code}")
