# The run's plan: all file names, step settings and fingerprints that the rules use. No rules here.

import gc
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The folder above this one, also where another workflow uses this one as a module
PACKAGES = Path(workflow.current_basedir).parent
sys.path.insert(0, str(PACKAGES))

from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.storage import fingerprint
from moodreel.workflow.plan import FINGERPRINTS, Plan
from moodreel.workflow.plan.command import export, step
from moodreel.workflow.plan.runs import EXPORTS
from moodreel.workflow.preflight.checks import check
from moodreel.workflow.preflight.keys import check_keys
from moodreel.workflow.preflight.remarks import remarks

IS_MODULE = not workflow.modifier.is_main_snakefile()

if IS_MODULE and workflow.modifier.path_modifier.replace_prefix("results/") != "results/":
    raise WorkflowError(
        "moodreel: prefix and replace_prefix are not possible, since steps read tables at results/... themselves. "
        "Leave them out; the run's name (`run` in its config) keeps its results apart from others."
    )

# The demo's configuration is the default: that of the working folder, else the one next to the Snakefile
if not IS_MODULE and not workflow.overwrite_configfiles:

    configfile: next(filter(Path.exists, (Path("config.yaml"), PACKAGES.parent / "config.yaml")))


# Planning makes millions of objects that stay. Garbage collection would take a quarter of its time.
if not IS_MODULE:
    gc.disable()

fingerprint.remember(FINGERPRINTS)
export(software_deployed=bool(workflow.deployment_settings.deployment_method))

try:
    plan = Plan.of(config)
    # The Snakemake inside a cluster job need not check again
    if workflow.is_main_process:
        if not IS_MODULE:
            check_keys(workflow.configfiles)
        check(plan)
        for remark in remarks(plan):
            logger.warning(remark)
except UserError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    video=plan.ID_PATTERN,
    performer=plan.ID_PATTERN,
    units="au-[0-9a-f]{8}",


# The tables of each video, in the folder of its extraction
POSE = "results/videos/{video}/{extraction}/pose.parquet"
MESH = "results/videos/{video}/{extraction}/mesh.parquet"
FACE = "results/videos/{video}/{extraction}/face.parquet"
CROPS = "results/videos/{video}/{extraction}/crops-{kind}/face_crops.parquet"
# Subfolder of the tables measured from the mesh, by the settings of the action units
UNITS = "results/videos/{video}/{extraction}/{units}"


def in_run(*files):
    """Files in the run's folder, each by its name without the ending."""
    return {Path(file).stem: f"{plan.run}/{file}" for file in files}


def triggers(name):
    """Params that rerun the step `name` when they change: the settings that it sees, and its code."""
    return {"settings": plan.settings_of(name), "code": plan.code_of(name)}


def growing(first):
    """A resource that is `first` in the first attempt, twice as much in the second, and so on."""
    return lambda wildcards, attempt: first * attempt


def by_extraction(function):
    """`function` of a video's extraction; its value where all videos have the same extraction, since evaluating an input
    function for each video takes time."""
    extractions = [*plan.extractions.values()]
    if len(extractions) == 1:
        return function(extractions[0])
    return lambda wildcards: function(plan.extractions[wildcards.extraction])


def after_shard(wildcards):
    """No input, but makes the job wait for the video's extraction shard, if there is one."""
    shard = plan.shard_of(wildcards.video)
    if shard:
        checkpoints.extract_shard.get(extraction=wildcards.extraction, shard=shard)
    return []


def tracks_face(wildcards):
    """Whether a network reads the video's face."""
    return plan.extraction_of(wildcards.video).face_from == "network"


def meshes_of_performer(wildcards):
    """The meshes in which the performer's neutral face is found."""
    return [plan.mesh(video) for video in plan.of_performer(**wildcards)]


def unless_touched(path):
    """A file that no rule makes; its time is ignored as long as its content is unchanged. (Files that rules make are
    never ancient: when their rule runs, Snakemake evaluates no other trigger of the rules that use them.)"""
    return ancient(path) if plan.marks.is_touched(path) else path


def media(wildcards):
    """The video's media file."""
    path = plan.media(wildcards.video)
    return unless_touched(path) if path in plan.given_files else path


def media_if_any(wildcards):
    """The media file of a video with imported tables, if there is one."""
    return media(wildcards) if plan.media(wildcards.video) else []


def of_video(name):
    """The video's cell in the column `name` of the table of videos; an empty text where it is empty."""

    def cell(wildcards):
        value = getattr(plan.videos[wildcards.video], name)
        return "" if value is None else value

    return cell


def not_exported(name):
    """The outputs of an export step that the settings do not request, to be left out of its command."""
    return dict.fromkeys(EXPORTS[name].keys() - plan.exported_files[name])


def scores_to_export(wildcards):
    """The video's emotion scores, if they are written as a table."""
    is_written = "scores" in plan.exported_files["export"]
    return is_written and plan.exported_emotions(wildcards.video) or []


# The table of videos names each clip's source; the rules that make clips match only their own folders.
BUILTIN_FOLDER = f"results/sources/builtin-{plan.settings.actors.noise_seed}"
FETCHED_FOLDER = "results/sources/youtube"
