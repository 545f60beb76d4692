# Start and end of a run, and settings shared by all its jobs. No rules here.

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

# The Snakemake inside a cluster job first removes the job's outputs, which must not happen once another run makes them
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
    # The objects made by planning stay (plan.smk)
    gc.freeze()
    gc.enable()
    # By default Snakemake starts at most 100 jobs a second. To keep count, each scheduling round triggers another one a
    # second later, so that rounds accumulate with every job that ends and soon occupy a core. No value of
    # --max-jobs-per-timespan turns this off, so that no profile can, and Snakemake sets the option after reading the rules.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    # With a random subsample of ready jobs (profiles/default), jobs that use up a mesh come late, and meshes that are not
    # kept fill the disk in the meantime. A profile does not know the setting.
    if not plan.settings.extraction.keep_mesh:
        workflow.scheduler.subsample = None


# Where another workflow uses this one as a module, the output is left to that workflow
is_own_run = workflow.is_main_process and not IS_MODULE


def result_lines():
    """Lines with the paths of the results; none where the call has other targets than `all`."""
    if not is_own_run or not any(job.rule.name == "all" for job in workflow.dag.targetjobs):
        return []
    pages = [path for path in plan.results if path.endswith(".html")]
    return [f"Results: {os.path.abspath(path)}" for path in pages or [plan.run]]


if is_own_run:
    terminal.quieten(workflow.output_settings, result_lines)

# Where nothing has changed since nothing was left to do, planning is skipped (moodreel/workflow/up_to_date.py)
up_to_date = UpToDate(plan, sys.argv if workflow.is_main_process else (), workflow.main_snakefile)


def remember_up_to_date():
    if before.still_so:
        up_to_date.remember(workflow.dag.jobs)


onsuccess:
    remember_up_to_date()
    for line in result_lines():
        logger.info(line)


def remember_if_nothing_to_do():
    if workflow.scheduler and not len(workflow.dag):
        remember_up_to_date()


atexit.register(remember_if_nothing_to_do)  # Snakemake has no hook for this case

# One GPU job at a time unless the call sets another number: --resources gpu=2
workflow.global_resources.setdefault("gpu", 1)
# One download at a time, to spare the site
workflow.global_resources.setdefault("download", 1)
