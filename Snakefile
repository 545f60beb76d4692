# From a list of videos to action units, pose, recurring expressions, classifiers and clip-music pairs.
# The rules are in workflow/rules/, the code in workflow/moodreel/. Without --configfile the demo runs (config.yaml).

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/plan.smk"
include: "workflow/rules/run.smk"


rule all:
    input:
        plan.results,


if not up_to_date.is_certain:

    include: "workflow/rules/models.smk"
    include: "workflow/rules/sources.smk"
    include: "workflow/rules/extraction.smk"
    include: "workflow/rules/emotions.smk"
    include: "workflow/rules/features.smk"
    include: "workflow/rules/clusters.smk"
    include: "workflow/rules/classify.smk"
    include: "workflow/rules/music.smk"
    include: "workflow/rules/films.smk"
    include: "workflow/rules/report.smk"
    include: "workflow/rules/exports.smk"
    include: "workflow/rules/apply.smk"
    include: "workflow/rules/record.smk"
