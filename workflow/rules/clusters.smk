# Recurring expressions: embedding, number of clusters, clusters, and the frames that show them.


rule embed:
    input:
        features=f"{plan.run}/features.parquet",
        windows=f"{plan.run}/windows.parquet",
    output:
        f"{plan.run}/embedding.parquet",
    log:
        f"results/logs/{plan.name}/embed.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        **triggers("embed"),
    message:
        "Embedding: scaler, PCA, UMAP"
    shell:
        step("embed")


rule cluster:
    input:
        embedding=f"{plan.run}/embedding.parquet",
        windows=f"{plan.run}/windows.parquet",
        previous=[unless_touched(path) for path in plan.previous],
    output:
        silhouette=f"{plan.run}/silhouette.tsv",
        clusters=f"{plan.run}/clusters.parquet",
    log:
        f"results/logs/{plan.name}/cluster.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        **triggers("cluster"),
        previous=plan.marks_of(plan.previous),
    message:
        "Choosing k and clustering the windows"
    shell:
        step("cluster")


rule gallery:
    input:
        **in_run("videos.tsv", "embedding.parquet", "clusters.parquet"),
        meshes=plan.kept_meshes,
    output:
        directory(f"{plan.run}/gallery"),
    log:
        f"results/logs/{plan.name}/gallery.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        **triggers("gallery"),
    message:
        "Gathering the frames nearest each cluster's centre"
    shell:
        step("gallery")
