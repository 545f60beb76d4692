# Films with what was read drawn over them, where annotate.videos asks for any: one job per video.


if plan.videos_of_films:

    rule annotate:
        input:
            video=media,
            tables=lambda wildcards: list(plan.tables_of_film(wildcards.video).values()),
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
            run=plan.name,
            tables=lambda wildcards: plan.options_of_film(wildcards.video),
            content=lambda wildcards: plan.content_of(wildcards.video),
            span=lambda wildcards: plan.span_of(wildcards.video),
            settings=plan.settings_of("annotate"),
            code=plan.code_of("annotate"),
        message:
            "Drawing what was read over {wildcards.video}"
        shell:
            step(
                "annotate",
                "--run-name {params.run:q} --video-id {wildcards.video:q}"
                " --video {input.video:q} {params.tables} {params.span} --out {output:q}"
                " --settings {params.settings:q} --code {params.code}",
            )
