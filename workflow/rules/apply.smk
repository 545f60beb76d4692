# What a classifier that another run has trained says of the videos. Its files are told by what they hold; the one that
# describes them stands for all.


rule classify:
    input:
        pose=lambda wildcards: plan.pose(wildcards.video),
        face=lambda wildcards: plan.face(wildcards.video),
        emotions=lambda wildcards: plan.applied_scores(wildcards.video) or [],
        models=[unless_touched(path) for path in plan.applied_models if Path(path).name == "model.json"],
    output:
        plan.applied_table("{video}"),
    log:
        f"results/logs/{plan.name}/classify/{{video}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        models=plan.settings.apply.models or "",
        content=plan.marks_of(plan.applied_models),
        options=plan.apply_options,
        emotions=lambda wildcards, input: f"--emotions {shlex.quote(input.emotions)}" if input.emotions else "",
        performer=lambda wildcards: plan.videos[wildcards.video].performer,
        code=plan.code_of("classify"),
    message:
        "Classifying {wildcards.video}"
    shell:
        step(
            "classify",
            "--models {params.models:q} --pose {input.pose:q} --face {input.face:q}"
            " --video {wildcards.video:q} --performer {params.performer:q} {params.emotions} {params.options} --out {output:q}"
            " --code {params.code}",
        )
