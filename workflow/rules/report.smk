# The page at the end, and, where all clips are acted, how the chain did against what was acted.


rule report:
    input:
        plan.report_inputs,
        emotions=plan.drawn_emotion_tables,
    output:
        report(f"{plan.run}/report.html", caption="../report/report.rst", category="Run"),
    log:
        f"results/logs/{plan.name}/report.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        run=subpath(output[0], parent=True),
        emotions=f"--emotions {plan.drawn_emotions}" if plan.drawn_emotions else "",
        settings=plan.settings_of("report"),
        code=plan.code_of("report"),
    message:
        "Writing the report"
    shell:
        step(
            "report",
            "--run {params.run:q} {params.emotions} --out {output:q}"
            " --settings {params.settings:q} --code {params.code}",
        )


rule figures:
    input:
        plan.figures_inputs,
        videos=f"{plan.run}/videos.tsv",
        comparison=plan.comparison[:1],
        emotions=plan.drawn_emotion_tables,
    output:
        report(
            directory(f"{plan.run}/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"results/logs/{plan.name}/figures.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        run=subpath(output[0], parent=True),
        emotions=f"--emotions {plan.drawn_emotions}" if plan.drawn_emotions else "",
        settings=plan.settings_of("figures"),
        code=plan.code_of("figures"),
    message:
        "Drawing the figures"
    shell:
        step(
            "figures",
            "--run {params.run:q} {params.emotions} --out-folder {output:q}"
            " --settings {params.settings:q} --code {params.code}",
        )


# One rule for every kind of study: which tables it reads, moodreel.report.comparison says
if plan.published_file:

    rule compare:
        input:
            tables=plan.compared_tables,
            published=ancient(plan.published_file),
        output:
            table=f"{plan.run}/comparison.tsv",
            page=report(f"{plan.run}/comparison.html", caption="../report/comparison.rst", category="Run"),
        log:
            f"results/logs/{plan.name}/compare.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            run=subpath(output.table, parent=True),
            published=plan.published_sha256,
            code=plan.code_of("compare"),
        message:
            "Setting the run's figures beside the published ones"
        shell:
            step(
                "compare",
                "--run {params.run:q} --expected {input.published:q}"
                " --out {output.table:q} --page {output.page:q} --code {params.code}",
            )


rule acted:
    input:
        labels=f"{plan.run}/labels.parquet",
        clusters=f"{plan.run}/clusters.parquet",
        evaluation=f"{plan.run}/evaluation.tsv",
        pairs=f"{plan.run}/pairs.tsv",
        videos=f"{plan.run}/videos.tsv",
        truths=[plan.truth(video) for video in plan.builtin],
    output:
        report(f"{plan.run}/acted.tsv", caption="../report/acted.rst", category="Run"),
    log:
        f"results/logs/{plan.name}/acted.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        run=subpath(output[0], parent=True),
        settings=plan.settings_of("acted"),
        code=plan.code_of("acted"),
    message:
        "Comparing what was found with what was acted"
    shell:
        step("acted", "--run {params.run:q} --out {output:q} --settings {params.settings:q}" " --code {params.code}")
