# Classifiers: folds, the protocols with their nulls (one job each, so that a cluster distributes them), final classifiers.


rule folds:
    input:
        windows=f"{plan.run}/windows.parquet",
        labels=f"{plan.run}/labels.parquet",
    output:
        f"{plan.run}/folds.parquet",
    log:
        f"results/logs/{plan.name}/folds.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        **triggers("folds"),
    message:
        "Dealing windows, videos and performers into folds"
    shell:
        step("folds")


rule held_out:
    input:
        plan.held_out_inputs,
        **in_run("videos.tsv", "features.parquet", "windows.parquet", "folds.parquet"),
    output:
        f"{plan.run}/held_out.parquet",
    log:
        f"results/logs/{plan.name}/held_out.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        **triggers("held_out"),
    message:
        "Measuring action units against neutral faces of the training videos alone"
    shell:
        step("held_out")


rule evaluate:
    input:
        **in_run("features.parquet", "windows.parquet", "labels.parquet", "clusters.parquet", "folds.parquet"),
        held_out=plan.held_out,
    output:
        scores=f"{plan.run}/evaluation/scores.draws-{{draws}}.part-{{part}}-of-{{parts}}.parquet",
        predictions=f"{plan.run}/evaluation/predictions.draws-{{draws}}.part-{{part}}-of-{{parts}}.parquet",
        chance=f"{plan.run}/evaluation/chance.draws-{{draws}}.part-{{part}}-of-{{parts}}.parquet",
    log:
        f"results/logs/{plan.name}/evaluate.draws-{{draws}}.part-{{part}}-of-{{parts}}.log",
    wildcard_constraints:
        draws=r"\d+-\d+",
        part=r"\d+",
        parts=r"\d+",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        **triggers("evaluate"),
    message:
        "Evaluating the classifiers, replicates {wildcards.draws} (0: the data, else null replicates)"
    shell:
        step("evaluate", draws="{wildcards.draws}", part="{wildcards.part}/{wildcards.parts}")


rule summarise:
    input:
        scores=plan.evaluation_parts("scores"),
        predictions=plan.evaluation_parts("predictions"),
        chance=plan.evaluation_parts("chance"),
    output:
        **in_run("predictions.parquet", "evaluation.tsv", "classes.tsv", "comparisons.tsv", "calibration.tsv"),
        **in_run("leakage.tsv"),
    log:
        f"results/logs/{plan.name}/summarise.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        **triggers("summarise"),
    message:
        "Comparing every figure with its null"
    shell:
        step("summarise")


rule modalities:
    input:
        **in_run("features.parquet", "windows.parquet", "labels.parquet", "clusters.parquet", "folds.parquet"),
        held_out=plan.held_out,
    output:
        f"{plan.run}/modalities.tsv",
    log:
        f"results/logs/{plan.name}/modalities.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        **triggers("modalities"),
    message:
        "Comparing face, body and both on the same folds"
    shell:
        step("modalities")


rule train:
    input:
        **in_run("features.parquet", "windows.parquet", "labels.parquet", "clusters.parquet", "videos.tsv"),
        soundtracks=plan.each_read(plan.soundtrack),
    output:
        directory(f"{plan.run}/models"),
    log:
        f"results/logs/{plan.name}/train.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        **triggers("train"),
        soundtracks=lambda wildcards: plan.soundtrack("{video}"),
    message:
        "Training the final classifiers on all windows"
    shell:
        step("train")
