# The page at the end, and, where all clips are acted, how the chain did against what was acted.


rule report:
    input:
        described=f"{plan.run}/settings.yaml",
        videos=f"{plan.run}/videos.tsv",
        screening=f"{plan.run}/screening.tsv",
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
        labels=f"{plan.run}/labels.parquet",
        embedding=f"{plan.run}/embedding.parquet",
        silhouette=f"{plan.run}/silhouette.tsv",
        clusters=f"{plan.run}/clusters.parquet",
        gallery=f"{plan.run}/gallery",
        folds=f"{plan.run}/folds.parquet",
        predictions=f"{plan.run}/predictions.parquet",
        evaluation=f"{plan.run}/evaluation.tsv",
        classes=f"{plan.run}/classes.tsv",
        comparisons=f"{plan.run}/comparisons.tsv",
        calibration=f"{plan.run}/calibration.tsv",
        leakage=f"{plan.run}/leakage.tsv",
        modalities=f"{plan.run}/modalities.tsv",
        pairs=f"{plan.run}/pairs.tsv",
        unpaired=f"{plan.run}/unpaired.tsv",
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
        emotions=plan.drawn_emotions or "",
        settings=plan.settings_of("report"),
        code=plan.code_of("report"),
    message:
        "Writing the report"
    shell:
        step("report")


rule figures:
    input:
        videos=f"{plan.run}/videos.tsv",
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
        silhouette=f"{plan.run}/silhouette.tsv",
        clusters=f"{plan.run}/clusters.parquet",
        gallery=f"{plan.run}/gallery",
        predictions=f"{plan.run}/predictions.parquet",
        evaluation=f"{plan.run}/evaluation.tsv",
        classes=f"{plan.run}/classes.tsv",
        comparisons=f"{plan.run}/comparisons.tsv",
        calibration=f"{plan.run}/calibration.tsv",
        leakage=f"{plan.run}/leakage.tsv",
        modalities=f"{plan.run}/modalities.tsv",
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
        emotions=plan.drawn_emotions or "",
        settings=plan.settings_of("figures"),
        code=plan.code_of("figures"),
    message:
        "Drawing the figures"
    shell:
        step("figures")


# One rule for every kind of study: which tables it reads, moodreel.report.comparison says
if plan.published_file:

    rule compare:
        input:
            expected=ancient(plan.published_file),
            described=f"{plan.run}/settings.yaml",
            videos=f"{plan.run}/videos.tsv",
            screening=plan.compared_tables.get("screening", []),
            features=plan.compared_tables.get("features", []),
            windows=plan.compared_tables.get("windows", []),
            silhouette=plan.compared_tables.get("silhouette", []),
            clusters=plan.compared_tables.get("clusters", []),
            evaluation=plan.compared_tables.get("evaluation", []),
            modalities=plan.compared_tables.get("modalities", []),
            pairs=plan.compared_tables.get("pairs", []),
            clips=plan.compared_tables.get("clips", []),
            accuracy=plan.compared_tables.get("accuracy", []),
            detectors=plan.compared_tables.get("detectors", []),
            timeline=plan.compared_tables.get("timeline", []),
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
            "Setting the run's figures beside the published ones"
        shell:
            step("compare")


rule demo_scores:
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
        f"results/logs/{plan.name}/demo_scores.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        settings=plan.settings_of("demo_scores"),
        code=plan.code_of("demo_scores"),
    message:
        "Comparing what was found with what was acted"
    shell:
        step("demo_scores")
