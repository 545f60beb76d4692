# The page at the end, and, where all clips are built-in ones, the demo scores.


rule report:
    input:
        **in_run("videos.tsv", "screening.tsv", "features.parquet", "windows.parquet", "labels.parquet"),
        **in_run("embedding.parquet", "silhouette.tsv", "clusters.parquet", "gallery", "folds.parquet"),
        **in_run("predictions.parquet", "evaluation.tsv", "classes.tsv", "comparisons.tsv", "calibration.tsv"),
        **in_run("leakage.tsv", "modalities.tsv", "pairs.tsv", "unpaired.tsv"),
        described=f"{plan.run}/settings.yaml",
        previews=f"{plan.run}/pairs",
        films=plan.films,
        scores=plan.drawn_emotion_tables,
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
        **triggers("report"),
        emotions=plan.drawn_emotions or "",
    message:
        "Writing the report"
    shell:
        step("report")


rule figures:
    input:
        **in_run("videos.tsv", "features.parquet", "windows.parquet", "silhouette.tsv", "clusters.parquet", "gallery"),
        **in_run("predictions.parquet", "evaluation.tsv", "classes.tsv", "comparisons.tsv", "calibration.tsv"),
        **in_run("leakage.tsv", "modalities.tsv"),
        comparison=plan.comparison[:1],
        scores=plan.drawn_emotion_tables,
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
        **triggers("figures"),
        emotions=plan.drawn_emotions or "",
    message:
        "Drawing the figures"
    shell:
        step("figures")


# One rule for every kind of study: moodreel.report.comparison names the tables that it reads
if plan.published_file:

    rule compare:
        input:
            **plan.compared_tables,
            expected=ancient(plan.published_file),
            described=f"{plan.run}/settings.yaml",
            videos=f"{plan.run}/videos.tsv",
        output:
            out=f"{plan.run}/comparison.tsv",
            page=report(f"{plan.run}/comparison.html", caption="../report/comparison.rst", category="Run"),
        log:
            f"results/logs/{plan.name}/compare.log",
        conda:
            "../../envs/analysis.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(5),
        params:
            published=plan.published_sha256,
            code=plan.code_of("compare"),
        message:
            "Comparing the run's figures with the published ones"
        shell:
            step("compare")


rule demo_scores:
    input:
        **in_run("labels.parquet", "clusters.parquet", "evaluation.tsv", "pairs.tsv", "videos.tsv"),
        truths=[plan.truth(video) for video in plan.builtin],
    output:
        report(f"{plan.run}/acted.tsv", caption="../report/acted.rst", category="Run"),
    log:
        f"results/logs/{plan.name}/demo_scores.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        **triggers("demo_scores"),
    message:
        "Comparing the results with the acted expressions"
    shell:
        step("demo_scores")
