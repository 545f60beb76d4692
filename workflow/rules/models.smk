# The networks: fetched by hash, converted to ONNX once.


rule model:
    output:
        f"{plan.models_folder}/{{model}}.onnx",
    params:
        code=plan.code_of("models"),
        sha256=lambda wildcards: catalogue.sha256(wildcards.model),
    log:
        "results/logs/model/{model}.log",
    conda:
        "../../envs/extraction.yaml"
    localrule: True
    resources:
        download=1,
    message:
        "Fetching and converting {wildcards.model}"
    shell:
        "python -m moodreel.steps.models --names {wildcards.model} --folder {plan.models_folder:q}"
        " --settings {plan.models_settings:q} --code {params.code} &> {log}"
