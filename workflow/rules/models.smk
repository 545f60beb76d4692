# The networks: fetched by hash, converted to ONNX once.


rule model:
    output:
        f"{plan.models_folder}/{{model}}.{{form}}",
    log:
        "results/logs/model/{model}.{form}.log",
    wildcard_constraints:
        form="onnx|xml",
    localrule: True
    conda:
        "../../envs/extraction.yaml"
    resources:
        download=1,
        settings=plan.settings_of("models"),
    params:
        code=plan.code_of("models"),
        sha256=lambda wildcards: catalogue.declared_hash(wildcards.model),
    message:
        "Fetching and converting {wildcards.model}"
    shell:
        step("models", settings="{resources.settings:q}")
