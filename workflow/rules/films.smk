# Films with the extraction's results drawn over them, where annotate.videos names any: one job per video.


if plan.videos_of_films:

    rule annotate:
        input:
            video=media,
            pose=lambda wildcards: plan.tables_of_film(wildcards.video).get("pose", []),
            mesh=lambda wildcards: plan.tables_of_film(wildcards.video).get("mesh", []),
            face=lambda wildcards: plan.tables_of_film(wildcards.video).get("face", []),
            emotions=lambda wildcards: plan.tables_of_film(wildcards.video).get("emotions", []),
        output:
            plan.film("{video}"),
        log:
            f"results/logs/{plan.name}/annotate/{{video}}.log",
        conda:
            "../../envs/extraction.yaml"
        resources:
            mem_mb=growing(1500),
            runtime=growing(60),
        params:
            **triggers("annotate"),
            run_name=plan.name,
            built_in=lambda wildcards: "yes" if plan.videos[wildcards.video].kind == "builtin" else "no",
            content=lambda wildcards: plan.content_of(wildcards.video),
            start_s=of_video("start_s"),
            end_s=of_video("end_s"),
        message:
            "Drawing the extraction's results over {wildcards.video}"
        shell:
            step("annotate", video_id="{wildcards.video:q}")
