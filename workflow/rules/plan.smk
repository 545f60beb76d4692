# The run's plan: every file name, step setting and fingerprint that the rules use. No rules here.

import atexit
import gc
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir, "workflow")))

from moodreel import awaited, provenance, running
from moodreel.errors import UserError
from moodreel.models import catalogue
from moodreel.plan import Plan
from moodreel.settled import Settled

# Planning makes millions of objects that stay. Looking through them for garbage takes a quarter of its time.
gc.disable()

provenance.remember(provenance.REMEMBERED)

try:
    plan = Plan.of(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

# The Snakemake inside a cluster job removes the job's outputs first: not any more where another run makes them by now
if not workflow.is_main_process:
    os.environ[awaited.JOBS] = f"{os.environ.get(awaited.JOBS, '')} {os.getpid()}".strip()
    try:
        awaited.or_refuse()
    except UserError as error:
        raise WorkflowError(str(error)) from None


onstart:
    try:
        run_lock = running.begin()
    except UserError as error:
        raise WorkflowError(str(error)) from None
    gc.freeze()
    gc.enable()
    # Unasked, Snakemake starts 100 jobs a second at most. To keep count, each look at what is ready brings about another
    # one a second later, so that they add up with every job that ends and soon take a core of their own.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    # Among jobs taken by chance, those come late that need a mesh which is not kept, and meshes fill the disk meanwhile.
    if not plan.settings.extraction.keep_mesh:
        workflow.scheduler.subsample = None


if workflow.is_main_process:
    plan.marks.look(plan.given)

# Where all is as it was when nothing was left to do, there is nothing to plan (moodreel/settled.py)
settled = Settled(plan, sys.argv if workflow.is_main_process else (), workflow.main_snakefile)


onsuccess:
    settled.remember(workflow.dag.jobs)


def remember_that_nothing_was_to_be_done():
    if workflow.scheduler and not len(workflow.dag):
        settled.remember(workflow.dag.jobs)


atexit.register(remember_that_nothing_was_to_be_done)  # Snakemake has no hook for it

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
    + "exec 3>&2; export MOODREEL_SCREEN=3; "  # for what a job cannot write into its log
    + f"export {awaited.SHELL}=$$; "
)


wildcard_constraints:
    video=plan.ID_PATTERN,
    performer=plan.ID_PATTERN,
    units="au-[0-9a-f]{8}",


# What is read of each video, in the folder of the way in which it is read
POSE = "results/videos/{video}/{extraction}/pose.parquet"
MESH = "results/videos/{video}/{extraction}/mesh.parquet"
FACE = "results/videos/{video}/{extraction}/face.parquet"
# ... and what is measured from its mesh, in the folder of the way in which it is measured
UNITS = "results/videos/{video}/{extraction}/{units}"


def growing(first):
    """A resource that is so much at first, twice as much when the job is tried again, and so on."""
    return lambda wildcards, attempt: first * attempt


def by_extraction(tell):
    """What `tell` says of the way in which a video is read: said once where there is but one, since asking takes time
    with each video."""
    ways = [*plan.extractions.values()]
    if len(ways) == 1:
        return tell(ways[0])
    return lambda wildcards: tell(plan.extractions[wildcards.extraction])


def after_shard(wildcards):
    """No input, but the video's extraction shard comes first, where it has one."""
    shard = plan.shard_of(wildcards.video)
    if shard:
        checkpoints.extract_shard.get(extraction=wildcards.extraction, shard=shard)
    return []


def meshes_of_performer(wildcards):
    """The meshes in which the performer's resting face is looked for."""
    return [plan.mesh(video) for video in plan.of_performer(**wildcards)]


def unless_touched(path):
    """A file that no rule makes; its time does not count where it still holds what it held. (What rules make is never
    ancient: where such a rule runs, Snakemake looks at no other trigger of the rules after it.)"""
    return ancient(path) if plan.marks.touched(path) else path


def media(wildcards):
    """The video."""
    path = plan.media(wildcards.video)
    return unless_touched(path) if path in plan.given else path


def media_if_any(wildcards):
    """The video beside what another program has read of it."""
    return media(wildcards) if plan.media(wildcards.video) else []


def media_option(wildcards, option="--media"):
    """The same as an option of a step."""
    media = plan.media(wildcards.video)
    return f"{option} {shlex.quote(media)}" if media else ""


# Which source a clip has stands in the table: the rules that make clips only claim their own folders.
ACTED_FOLDER = f"results/sources/builtin-{plan.settings.actors.noise_seed}"
FETCHED_FOLDER = "results/sources/youtube"
