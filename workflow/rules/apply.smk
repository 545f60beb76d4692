# Predictions of another run's classifier for the videos. Changes of its files are noticed by content marks; as an input,
# model.json stands for all of them.


rule apply:
    input:
        pose=lambda wildcards: plan.pose(wildcards.video),
        face=lambda wildcards: plan.face(wildcards.video),
        emotions=lambda wildcards: plan.applied_scores(wildcards.video) or [],
        models=[unless_touched(path) for path in plan.applied_models if Path(path).name == "model.json"],
    output:
        plan.applied_table("{video}"),
    log:
        f"results/logs/{plan.name}/apply/{{video}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        models=plan.settings.apply.models or "",
        content=plan.marks_of(plan.applied_models),
        classifier=plan.settings.apply.classifier or "",
        last_frames=plan.settings.apply.last_frames or "",
        performer=lambda wildcards: plan.videos[wildcards.video].performer,
        code=plan.code_of("apply"),
    message:
        "Classifying {wildcards.video}"
    shell:
        step("apply", models="{params.models:q}", video="{wildcards.video:q}")
