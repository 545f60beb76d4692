# Per video: one decode through the pose and the face network, then action units from the mesh in milliseconds. Where the
# table of videos names files of another program, these are imported instead.

from moodreel.workflow.up_to_date import rerun_reasons

# Meshes that are not kept are deleted after use, except those that other runs keep: where the whole run is requested, they
# are among its targets (plan.results); where possibly only a part of it is, no mesh is deleted.
KEPT = plan.settings.extraction.keep_mesh or (plan.meshes_of_others and rerun_reasons(sys.argv) is None)
MESH_OR_NOT = MESH if KEPT else temp(MESH)

# Where extraction runs, as options: resources, which, unlike params, trigger no rerun
ON = {name: f"{{resources.{name}}}" for name in ("device", "slots", "crops")}
ON |= {"threads": "{threads}", "models": "{resources.models:q}"}


# With videos_per_job above 1, one job reads the videos of a shard before their own jobs, which then take its staging
# tables. It is a checkpoint, since Snakemake evaluates the inputs of each video's own job again after it.
checkpoint extract_shard:
    input:
        videos=lambda wildcards: plan.shards[wildcards.extraction].media(wildcards.shard),
        models=by_extraction(lambda way: way.model_files),
    output:
        f"{plan.run}/shards/{{extraction}}/{{shard}}.json",
    log:
        f"results/logs/{plan.name}/extract_shard/{{shard}}.{{extraction}}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="network", face="network"),
        shard=r"\d+-of-\d+",
    conda:
        plan.extraction_env
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=growing(plan.extraction_mb),
        runtime=growing(max(30, 10 * plan.settings.extraction.videos_per_job)),
        gpu=plan.gpus,
        device=plan.settings.extraction.device,
        slots=plan.settings.extraction.slot_count,
        models=plan.models_folder,
        crops=plan.crops_on_the_way,
    params:
        videos=lambda wildcards: plan.shards[wildcards.extraction].videos_as_json(wildcards.shard),
        settings=by_extraction(lambda way: way.settings),
        code=by_extraction(lambda way: plan.code_of("extract", way.name)),
        sha256=by_extraction(lambda way: way.models_sha256),
    message:
        "Extracting pose and face from the videos of shard {wildcards.shard}"
    shell:
        step("extract_shard", **ON)


rule extract:
    input:
        after_shard if plan.uses_shards else [],
        video=media,
        pose=[],
        models=by_extraction(lambda way: way.model_files),
    output:
        pose=POSE,
        mesh=MESH_OR_NOT,
    log:
        "results/logs/extract/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="network", face="network"),
    priority: lambda wildcards: plan.urgency(wildcards.video)
    localrule: plan.uses_shards
    conda:
        plan.extraction_env
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=growing(plan.extraction_mb),
        runtime=growing(30),
        gpu=(lambda wildcards: 0 if plan.shard_of(wildcards.video) else plan.gpus) if plan.uses_shards else plan.gpus,
        device=plan.settings.extraction.device,
        slots=plan.settings.extraction.slot_count,
        models=plan.models_folder,
        crops=plan.crops_on_the_way,
    params:
        content=lambda wildcards: plan.content_of(wildcards.video),
        start_s=of_video("start_s"),
        end_s=of_video("end_s"),
        settings=by_extraction(lambda way: way.settings),
        code=by_extraction(lambda way: plan.code_of("extract", way.name)),
        sha256=by_extraction(lambda way: way.models_sha256),
    message:
        "Extracting pose and face from {wildcards.video}"
    shell:
        step("extract", **ON)


use rule extract as extract_pose with:
    output:
        pose=POSE,
        mesh=[],
    log:
        "results/logs/extract_pose/{video}.{extraction}.log",
    wildcard_constraints:
        extraction="|".join(plan.folder_pattern(pose="network", face=origin) for origin in ("file", "nowhere")),
    message:
        "Extracting pose from {wildcards.video}"


use rule extract as extract_mesh with:
    input:
        video=media,
        pose=POSE,
        models=by_extraction(lambda way: way.model_files),
    output:
        pose=[],
        mesh=MESH_OR_NOT,
    log:
        "results/logs/extract_mesh/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="file", face="network"),
    message:
        "Extracting the face from {wildcards.video}"


use rule extract as extract_mesh_alone with:
    input:
        video=media,
        pose=[],
        models=by_extraction(lambda way: way.model_files),
    output:
        pose=[],
        mesh=MESH_OR_NOT,
    log:
        "results/logs/extract_mesh_alone/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="nowhere", face="network"),
    message:
        "Extracting the face from {wildcards.video}"


rule face_crops:
    input:
        video=media,
        mesh=MESH,
    output:
        CROPS,
    log:
        "results/logs/face_crops/{video}.{extraction}.{kind}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="network"),
        kind="[a-z]+(-[0-9]+)*",
    priority: len(plan.videos) + 1
    conda:
        "../../envs/extraction.yaml"
    threads: plan.settings.extraction.threads
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
        cost=lambda wildcards: plan.cost_of_crops(wildcards.video, wildcards.kind),
    params:
        content=lambda wildcards: plan.content_of(wildcards.video),
        start_s=of_video("start_s"),
        end_s=of_video("end_s"),
        settings=plan.settings_of("face_crops"),
        code=lambda wildcards: plan.code_of("face_crops", kind=wildcards.kind),
    message:
        "Cutting the face out of {wildcards.video} ({wildcards.kind}): {resources.cost}"
    shell:
        step("face_crops", kind="{wildcards.kind}", threads="{threads}")


rule import_pose:
    input:
        file=lambda wildcards: unless_touched(plan.videos[wildcards.video].pose_file),
        video=media_if_any,
    output:
        POSE,
    log:
        "results/logs/import_pose/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="file"),
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        **triggers("import_pose"),
        content=lambda wildcards: plan.marks.mark(plan.videos[wildcards.video].pose_file),
        start_s=of_video("start_s"),
        end_s=of_video("end_s"),
        rate_hz=of_video("rate_hz"),
    message:
        "Importing the pose of {wildcards.video}"
    shell:
        step("import_pose")


rule no_pose:
    input:
        face=lambda wildcards: [] if tracks_face(wildcards) else plan.face(wildcards.video),
        mesh=lambda wildcards: plan.mesh(wildcards.video) if tracks_face(wildcards) else [],
    output:
        POSE,
    log:
        "results/logs/no_pose/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(pose="nowhere"),
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(2),
    params:
        code=plan.code_of("no_pose"),
    message:
        "Writing an empty pose for {wildcards.video}"
    shell:
        step("no_pose")


rule no_face:
    input:
        pose=POSE,
    output:
        FACE,
    log:
        "results/logs/no_face/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="nowhere"),
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(2),
    params:
        code=plan.code_of("no_face"),
    message:
        "Writing an empty face for {wildcards.video}"
    shell:
        step("no_face")


rule import_face:
    input:
        file=lambda wildcards: unless_touched(plan.videos[wildcards.video].face_file),
        video=media_if_any,
    output:
        FACE,
    log:
        "results/logs/import_face/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="file"),
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        content=lambda wildcards: plan.marks.mark(plan.videos[wildcards.video].face_file),
        start_s=of_video("start_s"),
        end_s=of_video("end_s"),
        rate_hz=of_video("rate_hz"),
        format=lambda wildcards: plan.extractions[wildcards.extraction].face,
        settings=plan.settings_of("import_face"),
        code=lambda wildcards: plan.code_of("import_face", wildcards.extraction),
    message:
        "Importing the face of {wildcards.video}"
    shell:
        step("import_face")


rule import_columns:
    input:
        face=FACE,
        file=lambda wildcards: unless_touched(plan.videos[wildcards.video].face_file),
    output:
        "results/videos/{video}/{extraction}/openface.parquet",
    log:
        "results/logs/import_columns/{video}.{extraction}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="file"),
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        **triggers("import_columns"),
        content=lambda wildcards: plan.marks.mark(plan.videos[wildcards.video].face_file),
    message:
        "Importing OpenFace's columns for {wildcards.video}"
    shell:
        step("import_columns")


rule neutral:
    input:
        meshes_of_performer,
    output:
        "results/performers/{performer}/{extraction}/{units}/neutral.parquet",
    log:
        "results/logs/neutral/{performer}.{extraction}.{units}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="network"),
    priority: len(plan.videos) + 1
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        **triggers("neutral"),
        mesh_of=lambda wildcards: f"results/videos/{{video}}/{wildcards.extraction}/mesh.parquet",
        videos=lambda wildcards: sorted(plan.of_performer(**wildcards)),
    message:
        "Finding the neutral face of {wildcards.performer}"
    shell:
        step("neutral", performer="{wildcards.performer:q}", meshes=None)


rule face:
    input:
        mesh=MESH,
        neutral=lambda wildcards: plan.neutral(wildcards.video, wildcards.units) or [],
    output:
        out=f"{UNITS}/face.parquet",
        movements=f"{UNITS}/movements.parquet",
    log:
        "results/logs/face/{video}.{extraction}.{units}.log",
    wildcard_constraints:
        extraction=plan.folder_pattern(face="network"),
    priority: len(plan.videos) + 1
    conda:
        "../../envs/extraction.yaml"
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        **triggers("face"),
    message:
        "Computing action units from the face mesh of {wildcards.video}"
    shell:
        step("face")
