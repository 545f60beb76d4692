# What a classifier that another run has trained says of the videos.


rule classify:
    input:
        pose=lambda wildcards: plan.pose(wildcards.video),
        face=lambda wildcards: plan.face(wildcards.video),
        models=plan.settings.apply.models or [],
    output:
        plan.applied("{video}"),
    log:
        f"results/logs/{plan.name}/classify/{{video}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        options=plan.applying,
        performer=lambda wildcards: plan.videos[wildcards.video].performer,
        code=plan.code_of("classify"),
    message:
        "Classifying {wildcards.video}"
    shell:
        "python -m moodreel.steps.classify --models {input.models:q} --pose {input.pose:q} --face {input.face:q}"
        " --video {wildcards.video:q} --performer {params.performer:q} {params.options} --out {output:q}"
        " --code {params.code} &> {log:q}"
