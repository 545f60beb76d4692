# Where videos come from: built-in clips are rendered, remote ones fetched, local ones used in place.


rule actor:
    output:
        out=f"{ACTED_FOLDER}/{{video}}.mp4",
        truth=f"{ACTED_FOLDER}/{{video}}.truth.parquet",
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


# A video may be gone from the web tomorrow, and Snakemake removes what a job makes before it makes it again: so nothing but
# another address or another size fetches it again. Resources, unlike params, rerun nothing.
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
