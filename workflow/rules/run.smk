# How a run begins and ends, and what all its jobs share. No rules here.

import atexit
import gc
import os
import sys

from snakemake.exceptions import WorkflowError

from moodreel.errors import UserError
from moodreel.storage import run_token
from moodreel.workflow import run_lock, terminal
from moodreel.workflow.cleanup import planned
from moodreel.workflow.up_to_date import UpToDate

# The Snakemake inside a cluster job removes the job's outputs first, but not if another run makes them by now
if not workflow.is_main_process:
    os.environ[run_token.JOBS] = f"{os.environ.get(run_token.JOBS, '')} {os.getpid()}".strip()
    try:
        run_token.require_current()
    except UserError as error:
        raise WorkflowError(str(error)) from None


before = run_lock.Before.look()


onstart:
    try:
        run_lock.begin(before)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    planned.remember(plan)
    # The plan's objects stay in memory (plan.smk)
    gc.freeze()
    gc.enable()
    # By default Snakemake starts at most 100 jobs a second. To keep count, each check for ready jobs causes another
    # one a second later, so that checks add up with every job that ends and soon take a core of their own.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    # If ready jobs are sampled at random, those that use a temporary mesh run late, and meshes fill the disk meanwhile.
    if not plan.settings.extraction.keep_mesh:
        workflow.scheduler.subsample = None


# Another workflow, which uses this one, prints its own messages
is_own_run = workflow.is_main_process and not IS_MODULE


def where_results_are():
    """Lines with the paths of the results; none when something else was requested."""
    if not is_own_run or not any(job.rule.name == "all" for job in workflow.dag.targetjobs):
        return []
    pages = [path for path in plan.results if path.endswith(".html")]
    return [f"Results: {os.path.abspath(path)}" for path in pages or [plan.run]]


if is_own_run:
    terminal.quieten(workflow.output_settings, where_results_are)

# If nothing has changed since nothing was left to do, there is nothing to plan (moodreel/workflow/up_to_date.py)
up_to_date = UpToDate(plan, sys.argv if workflow.is_main_process else (), workflow.main_snakefile)


def remember_that_nothing_is_left():
    if before.still_so:
        up_to_date.remember(workflow.dag.jobs)


onsuccess:
    remember_that_nothing_is_left()
    for line in where_results_are():
        logger.info(line)


def remember_that_nothing_was_to_be_done():
    if workflow.scheduler and not len(workflow.dag):
        remember_that_nothing_is_left()


atexit.register(remember_that_nothing_was_to_be_done)  # Snakemake has no hook for it

# One GPU job at a time unless set otherwise: --resources gpu=2
workflow.global_resources.setdefault("gpu", 1)
# One download at a time, out of politeness
workflow.global_resources.setdefault("download", 1)
