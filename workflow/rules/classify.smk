# Classifiers: folds, the protocols with their nulls (one job each, so that a cluster shares them out), final models.


rule folds:
    input:
        windows=f"{plan.run}/windows.parquet",
    output:
        f"{plan.run}/folds.parquet",
    params:
        settings=plan.settings_of("folds"),
        code=plan.code_of("folds"),
    log:
        f"results/logs/{plan.name}/folds.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=1000,
    message:
        "Dealing windows, videos and performers into folds"
    shell:
        "python -m moodreel.steps.folds --windows {input.windows:q} --out {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule evaluate:
    input:
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
        clusters=f"{plan.run}/clusters.parquet",
        folds=f"{plan.run}/folds.parquet",
    output:
        f"{plan.run}/evaluation/{{protocol}}-{{group}}-{{draw}}.parquet",
    params:
        settings=plan.settings_of("evaluate"),
        code=plan.code_of("evaluate"),
    log:
        f"results/logs/{plan.name}/evaluate-{{protocol}}-{{group}}-{{draw}}.log",
    conda:
        "../../envs/analysis.yaml"
    wildcard_constraints:
        protocol="paper|grouped",
        group="window|video|performer",
        draw=r"\d+",
    resources:
        mem_mb=4000,
    message:
        "Evaluating: protocol {wildcards.protocol} by {wildcards.group}, draw {wildcards.draw} (0 is the data, others are nulls)"
    shell:
        "python -m moodreel.steps.evaluate --features {input.features:q} --windows {input.windows:q}"
        " --clusters {input.clusters:q} --folds {input.folds:q}"
        " --protocol {wildcards.protocol} --group {wildcards.group} --draw {wildcards.draw} --out {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule summarise:
    input:
        plan.evaluations,
    output:
        predictions=f"{plan.run}/predictions.parquet",
        evaluation=f"{plan.run}/evaluation.tsv",
    params:
        settings=plan.settings_of("summarise"),
        code=plan.code_of("summarise"),
    log:
        f"results/logs/{plan.name}/summarise.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=1000,
    message:
        "Setting every figure beside its null"
    shell:
        "python -m moodreel.steps.summarise --scores {input:q}"
        " --predictions-out {output.predictions:q} --evaluation-out {output.evaluation:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule train:
    input:
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
        clusters=f"{plan.run}/clusters.parquet",
    output:
        directory(f"{plan.run}/models"),
    params:
        settings=plan.settings_of("train"),
        code=plan.code_of("train"),
    log:
        f"results/logs/{plan.name}/train.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=4000,
    message:
        "Training the final classifiers on all windows"
    shell:
        "python -m moodreel.steps.train --features {input.features:q} --windows {input.windows:q}"
        " --clusters {input.clusters:q} --out-folder {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"
