# The run's plan: every file name, step setting and fingerprint that the rules use. No rules here.

import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir, "workflow")))

from moodreel.errors import UserError
from moodreel.models import catalogue
from moodreel.plan import Plan

try:
    plan = Plan.of(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

# One GPU job at a time unless the caller knows better: --resources gpu=2
workflow.global_resources.setdefault("gpu", 1)
# One download at a time, out of politeness
workflow.global_resources.setdefault("download", 1)

shell.prefix(
    plan.shell_prefix(
        package=Path(workflow.basedir, "workflow"),
        interpreter=Path(sys.executable),
        software_deployed=bool(workflow.deployment_settings.deployment_method),
    )
)


wildcard_constraints:
    video=plan.ID_PATTERN,
    performer=plan.ID_PATTERN,


# What is read of each video, in the folder of the way in which it is read
POSE = "results/videos/{video}/{extraction}/pose.parquet"
MESH = "results/videos/{video}/{extraction}/mesh.parquet"
FACE = "results/videos/{video}/{extraction}/face.parquet"
MOVEMENTS = "results/videos/{video}/{extraction}/movements.parquet"


def after_shard(wildcards):
    """No input, but the video's extraction shard comes first, where it has one."""
    shard = plan.shard_of(wildcards.video)
    if shard:
        checkpoints.extract_shard.get(extraction=wildcards.extraction, shard=shard)
    return []


def media_if_any(wildcards):
    """The video beside what another program has read of it."""
    return plan.media(wildcards.video) or []


def media_option(wildcards, option="--media"):
    """The same as an option of a step."""
    media = plan.media(wildcards.video)
    return f"{option} {shlex.quote(media)}" if media else ""


# Which source a clip has stands in the table: the rules that make clips only claim their own folders.
ACTED_FOLDER = f"results/sources/builtin-{plan.settings.actors.noise_seed}"
FETCHED_FOLDER = "results/sources/youtube"
