# The run's plan: every file name, step setting and fingerprint that the rules use. No rules here.

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
from moodreel.workflow.preflight.checks import check

IS_MODULE = not workflow.modifier.is_main_snakefile()

if IS_MODULE and workflow.modifier.path_modifier.replace_prefix("results/") != "results/":
    raise WorkflowError(
        "moodreel: prefix and replace_prefix are not possible, since steps look for tables at results/... themselves. "
        "Leave them out; the run's name (`run` in its config) keeps its results apart from others."
    )

# Without a named configuration, the demo's: that of the working folder, else the one next to the Snakefile
if not IS_MODULE and not workflow.overwrite_configfiles:

    configfile: next(filter(Path.exists, (Path("config.yaml"), PACKAGES.parent / "config.yaml")))


# Planning makes millions of lasting objects. Searching them for garbage takes a quarter of its time.
if not IS_MODULE:
    gc.disable()

fingerprint.remember(FINGERPRINTS)
export(software_deployed=bool(workflow.deployment_settings.deployment_method))

try:
    plan = Plan.of(config)
    # The Snakemake inside a cluster job plans what was checked
    if workflow.is_main_process:
        check(plan)
except UserError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    video=plan.ID_PATTERN,
    performer=plan.ID_PATTERN,
    units="au-[0-9a-f]{8}",


# The results of each video's extraction, in the folder of that extraction
POSE = "results/videos/{video}/{extraction}/pose.parquet"
MESH = "results/videos/{video}/{extraction}/mesh.parquet"
FACE = "results/videos/{video}/{extraction}/face.parquet"
CROPS = "results/videos/{video}/{extraction}/crops-{kind}/face_crops.parquet"
# ... and what is measured from its mesh, in the folder of these measurements
UNITS = "results/videos/{video}/{extraction}/{units}"


def in_run(*files):
    """Files in the run's folder, each by its name without the ending."""
    return {Path(file).stem: f"{plan.run}/{file}" for file in files}


def triggers(name):
    """What reruns the step `name` when it changes: the settings that it sees, and its code."""
    return {"settings": plan.settings_of(name), "code": plan.code_of(name)}


def growing(first):
    """A resource that is `first` at the first attempt, twice as much at the second, and so on."""
    return lambda wildcards, attempt: first * attempt


def by_extraction(value_of):
    """`value_of` a video's extraction: computed once where there is only one, since it takes time for each video."""
    ways = [*plan.extractions.values()]
    if len(ways) == 1:
        return value_of(ways[0])
    return lambda wildcards: value_of(plan.extractions[wildcards.extraction])


def after_shard(wildcards):
    """No input, but the video's extraction shard comes first, where it has one."""
    shard = plan.shard_of(wildcards.video)
    if shard:
        checkpoints.extract_shard.get(extraction=wildcards.extraction, shard=shard)
    return []


def meshes_of_performer(wildcards):
    """The meshes in which the performer's neutral face is searched for."""
    return [plan.mesh(video) for video in plan.of_performer(**wildcards)]


def unless_touched(path):
    """A file that no rule makes; its time does not count while its content is unchanged. (What rules make is never
    ancient: where such a rule runs, Snakemake checks no other trigger of the rules after it.)"""
    return ancient(path) if plan.marks.is_touched(path) else path


def media(wildcards):
    """The video."""
    path = plan.media(wildcards.video)
    return unless_touched(path) if path in plan.given_files else path


def media_if_any(wildcards):
    """The video, where there is one next to another program's results."""
    return media(wildcards) if plan.media(wildcards.video) else []


def of_video(name):
    """The video's cell in the column `name` of the table of videos; empty where it has no value."""

    def cell(wildcards):
        value = getattr(plan.videos[wildcards.video], name)
        return "" if value is None else value

    return cell


# A clip's source is in the table: the rules that make clips only claim their own folders.
ACTED_FOLDER = f"results/sources/builtin-{plan.settings.actors.noise_seed}"
FETCHED_FOLDER = "results/sources/youtube"
