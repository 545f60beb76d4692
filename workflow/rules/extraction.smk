# Per video: one decode through the pose and the face network, then action units from the mesh in milliseconds.


# With videos_per_job above 1 one job reads the videos of a shard ahead of their own jobs, which take the tables then. It is
# a checkpoint, since after one Snakemake looks anew at what each video's own job depends on.
checkpoint extract_shard:
    input:
        videos=lambda wildcards: plan.shards.media(wildcards.shard),
        models=plan.model_files,
    output:
        plan.shards.manifest("{shard}"),
    log:
        f"results/logs/{plan.name}/extract_shard/{{shard}}.{plan.extraction}.log",
    wildcard_constraints:
        shard=r"\d+-of-\d+",
    conda:
        plan.extraction_env
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=lambda wildcards, attempt: plan.extraction_mb * attempt,
        gpu=plan.gpus,
        device=plan.settings.extraction.device,
        lanes=plan.settings.extraction.lane_count,
    params:
        videos=lambda wildcards: plan.shards.told(wildcards.shard),
        settings=plan.settings_of("extract"),
        code=plan.code_of("extract"),
        sha256=plan.models_sha256,
        models=lambda wildcards, input: Path(input.models[0]).parent,
    message:
        "Extracting pose and face from the videos of shard {wildcards.shard}"
    shell:
        "python -m moodreel.steps.extract_shard --videos {params.videos:q} --models {params.models:q}"
        " --device {resources.device} --threads {threads} --lanes {resources.lanes} --manifest-out {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule extract:
    input:
        after_shard,
        video=lambda wildcards: plan.media(wildcards.video),
        models=plan.model_files,
    output:
        pose=plan.pose("{video}"),
        mesh=plan.mesh("{video}") if plan.settings.extraction.keep_mesh else temp(plan.mesh("{video}")),
    log:
        f"results/logs/extract/{{video}}.{plan.extraction}.log",
    localrule: plan.settings.extraction.videos_per_job > 1
    conda:
        plan.extraction_env
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=lambda wildcards, attempt: plan.extraction_mb * attempt,
        gpu=lambda wildcards: 0 if wildcards.video in plan.shards.ahead else plan.gpus,
        device=plan.settings.extraction.device,
        lanes=plan.settings.extraction.lane_count,
    params:
        span=lambda wildcards: plan.span_of(wildcards.video),
        settings=plan.settings_of("extract"),
        code=plan.code_of("extract"),
        sha256=plan.models_sha256,
        models=lambda wildcards, input: Path(input.models[0]).parent,
    message:
        "Extracting pose and face from {wildcards.video}"
    shell:
        "python -m moodreel.steps.extract --video {input.video:q} --models {params.models:q} {params.span}"
        " --device {resources.device} --threads {threads} --lanes {resources.lanes}"
        " --pose-out {output.pose:q} --mesh-out {output.mesh:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule neutral:
    input:
        lambda wildcards: [plan.mesh(v) for v in plan.of_performer(wildcards.performer)],
    output:
        plan.neutral("{performer}"),
    log:
        f"results/logs/neutral/{{performer}}.{plan.extraction}.log",
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=1500,
    params:
        settings=plan.settings_of("neutral"),
        code=plan.code_of("neutral"),
    message:
        "Finding the neutral face of {wildcards.performer}"
    shell:
        "python -m moodreel.steps.neutral --performer {wildcards.performer:q} --meshes {input:q} --out {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"


rule face:
    input:
        mesh=plan.mesh("{video}"),
        neutral=lambda wildcards: plan.neutral(plan.videos[wildcards.video].performer),
    output:
        plan.face("{video}"),
    log:
        f"results/logs/face/{{video}}.{plan.extraction}.log",
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=1500,
    params:
        settings=plan.settings_of("face"),
        code=plan.code_of("face"),
    message:
        "Reading action units from the face of {wildcards.video}"
    shell:
        "python -m moodreel.steps.face --mesh {input.mesh:q} --neutral {input.neutral:q} --out {output:q}"
        " --settings {params.settings:q} --code {params.code} &> {log:q}"
