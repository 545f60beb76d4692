"""What a run says to a pipe and to a terminal, of what Snakemake tells."""

import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from snakemake.logging import DefaultFilter, LoggerManager, logger
from snakemake.settings.types import OutputSettings, Quietness
from snakemake_interface_logger_plugins.common import LogEvent

import pseudo_terminal
from moodreel.workflow import terminal

PAGE = "Results: /runs/demo/report.html"


@pytest.fixture(autouse=True)
def managers() -> Iterator[list[LoggerManager]]:
    """Snakemake's logger as it was before, and free of the test's handlers after it."""
    made: list[LoggerManager] = []
    yield made
    for manager in made:
        manager.stop()


@pytest.fixture
def say(managers, capsys, monkeypatch):
    """Tell a record to Snakemake's logger as it is for a call with these settings; what is reported of it."""
    monkeypatch.setattr(terminal.time, "strftime", lambda _: "12:00:00")

    def begin(**settings: Any):
        given = OutputSettings(**{"show_failed_logs": True, **settings})
        managers.append(LoggerManager(logger, given))
        terminal.quieten(given, lambda: [PAGE])

        def tell(message: str | None, event: LogEvent | None = None, level: int = logging.INFO, **more: Any) -> str:
            logger.log(level, message, extra={"event": event, **more} if event else more)
            return capsys.readouterr().err.strip("\n")

        return tell

    return begin


def job(number: int = 7, message: str | None = "Extracting pose and face from anna-01", **more: Any) -> dict[str, Any]:
    """What Snakemake tells of a job that starts or fails; each list is long."""
    files = [f"results/videos/{video}/pose.parquet" for video in range(300)]
    return {
        "jobid": number, "rule_msg": message, "rule_name": "extract", "local": False, "is_checkpoint": False, "input": files,
        "output": files[:2], "log": [], "benchmark": None, "reason": f"Missing output files: {files}", "priority": 0, "threads": 1,
        "wildcards": {"video": "anna-01", "extraction": "blazepose-1"}, "resources": {}, "shellcmd": "python -m moodreel.steps.extract",
        "conda_env": None, "aux": {}, "indent": False, **more,
    }  # fmt: skip


def test_a_job_that_starts_is_one_short_line(say):
    tell = say()
    tell("Job stats:\n", LogEvent.RUN_INFO, stats={"extract": 11, "all": 1, "total": 12})
    shown = tell("Rule: extract", LogEvent.JOB_INFO, **job())
    assert shown == "12:00:00   0 of 12  Extracting pose and face from anna-01"
    assert tell("Finished jobid: 7", LogEvent.JOB_FINISHED, job_id=7) == ""
    assert tell(None, LogEvent.PROGRESS, done=1, total=13) == ""
    shown = tell("Rule: extract", LogEvent.JOB_INFO, **job(8, None))
    assert shown == "12:00:00   1 of 13  extract anna-01 blazepose-1", "checkpoints make more of them"


def test_a_job_that_makes_nothing_is_not_worth_a_line_but_the_last_one_is(say):
    tell = say()
    assert tell("Rule: all", LogEvent.JOB_INFO, **job(output=[])) == ""
    assert tell(None, LogEvent.PROGRESS, done=11, total=12) == ""
    assert tell(None, LogEvent.PROGRESS, done=12, total=12) == "12:00:00  12 of 12  done"


def test_a_minute_without_a_line_is_long_enough(say, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    tell = say()
    tell("Rule: extract", LogEvent.JOB_INFO, **job())
    for done, (now[0], shown) in enumerate([(50.0, ""), (61.0, "1 of 12"), (62.0, ""), (121.5, "3 of 12")]):
        line = tell(None, LogEvent.PROGRESS, done=done, total=12)
        assert line == (shown and f"12:00:00   {shown}  done")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        *(
            (text, "")
            for text in ("Select jobs to execute...", "Removing temporary output results/videos/a/mesh.parquet.")
        ),
        *((text, text) for text in ("Job stats", "Trying to restart job 7.", "Complete log(s): .snakemake/log/x.log")),
    ],
)
def test_what_is_the_same_for_each_job_is_left_out_and_all_else_is_shown(say, message, shown):
    assert say()(message) == shown


def test_a_failed_job_is_reported_with_its_log_and_without_its_command(say, tmp_path):
    log = tmp_path / "extract.log"
    log.write_text("moodreel: weights.onnx: no such network\nsecond line\n")
    tell = say()
    where, command = (
        "RuleException:\nCalledProcessError in file x.smk, line 3:\n",
        "'set -e;\npython -m moodreel --settings'",
    )
    text = f"{where}Command {command} died with <Signals.SIGKILL: 9>."
    shown = tell(text, LogEvent.ERROR, logging.ERROR)
    assert shown.endswith("line 3:\nThe command died with <Signals.SIGKILL: 9>.")
    shown = tell("Error in rule extract", LogEvent.JOB_ERROR, logging.ERROR, **job(message=None, log=[str(log)]))
    assert all(part in shown for part in ("Error in rule extract:", f"log: {log}", "no such network\nsecond line\n"))
    assert "moodreel.steps" not in shown and len(shown) < 1000


def test_a_failed_group_is_reported_with_its_logs(say, tmp_path):
    log = tmp_path / "slurm.log"
    log.write_text("oom-kill")
    output = say()(
        "Error in group extract", LogEvent.GROUP_ERROR, logging.ERROR,
        groupid="extract", aux_logs=[str(log)], job_error_info=[job(log=[])],
    )  # fmt: skip
    assert "Error in group extract" in output and str(log) in output and "oom-kill" in output


def test_jobs_that_ctrl_c_has_ended_are_no_errors(say):
    tell = say()
    assert tell("Terminating processes on user request, this might take some time.")
    assert tell("RuleException:\nCommand 'x' died with <Signals.SIGINT: 2>.", LogEvent.ERROR, logging.ERROR) == ""
    assert tell("Error in rule extract", LogEvent.JOB_ERROR, logging.ERROR, **job()) == ""
    assert tell("WorkflowError:\nAt least one job did not complete successfully.", LogEvent.ERROR, logging.ERROR)


def test_where_nothing_was_to_be_done_it_still_says_where_the_results_are(say):
    nothing = "Nothing to be done (all requested files are present and up to date)."
    assert say()(nothing) == f"{nothing}\n{PAGE}"


@pytest.mark.parametrize(
    "settings",
    [{"dryrun": True, "stdout": True}, {"quiet": {Quietness.HOST}}, {"verbose": True}, {"debug_dag": True}],
    ids=str,
)
def test_who_asks_for_something_is_given_it_by_snakemake(managers, settings):
    given = OutputSettings(**settings)
    managers.append(LoggerManager(logger, given))
    terminal.quieten(given, list)
    (handler,) = logger.handlers
    assert not isinstance(handler.formatter, terminal.Lines)
    assert [type(one) for one in handler.filters] == [DefaultFilter]


def test_a_logger_of_ones_own_is_left_alone(managers):
    given = OutputSettings()
    managers.append(LoggerManager(logger, given))
    logger.removeHandler(logger.handlers[0])
    own = logging.NullHandler()
    logger.addHandler(own)
    terminal.quieten(given, list)
    assert logger.handlers == [own] and not own.filters


def test_snakemakes_own_log_keeps_everything(say, managers, tmp_path):
    tell = say()
    managers[0].setup_logfile(tmp_path)
    tell("Rule: extract", LogEvent.JOB_INFO, **job())
    (log,) = (tmp_path / ".snakemake" / "log").iterdir()
    assert "Reason: Missing output files: ['results/videos/0/pose.parquet'" in log.read_text()


# What runs in the terminal: Snakemake's logger, some records, and a job that writes to stderr by itself.
PROGRAM = """
import logging, os, subprocess, sys
from snakemake.logging import LoggerManager, logger
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from moodreel.workflow import terminal
from unit.workflow.test_terminal import job
if "no plugin" in sys.argv:
    sys.modules["snakemake_logger_plugin_rich"] = None
settings = OutputSettings(show_failed_logs=True, printshellcmds="commands" in sys.argv)
manager = LoggerManager(logger, settings)
terminal.quieten(settings, list)
def tell(message, event=None, level=logging.INFO, **more):
    logger.log(level, message, extra={"event": event, **more} if event else more)
tell("Building DAG of jobs...")
if "nothing" not in sys.argv:
    tell("Job stats:", LogEvent.RUN_INFO, stats={"table": 1, "extract": 2, "total": 3})
    for number, rule in enumerate(("table", "extract", "extract")):
        tell("Rule", LogEvent.JOB_INFO, **job(number, rule_name=rule))
    tell("Finished", LogEvent.JOB_FINISHED, job_id=0)
    tell("one is done")
    subprocess.run(["sh", "-c", "[ -t 2 ] && echo over the bars >&2; echo said by the job >&2"])
    tell("Finished", LogEvent.JOB_FINISHED, job_id=1)
    tell("Error in rule extract", LogEvent.JOB_ERROR, logging.ERROR, **job(2, None, log=sys.argv[1:2]))
    tell("Error in group late", LogEvent.GROUP_ERROR, logging.ERROR, groupid="late", aux_logs=[], job_error_info=[])
    tell("Complete log(s): x.log")
manager.stop()
print("after the run", os.isatty(2), file=sys.stderr)
"""


def in_terminal(*arguments: str) -> str:
    """What the program writes to a terminal."""
    path = os.pathsep.join(sys.path)
    status, output = pseudo_terminal.run([sys.executable, "-c", PROGRAM, *arguments], PYTHONPATH=path)
    assert status == 0, output
    return output


def test_in_a_terminal_there_are_bars_instead(tmp_path):
    (tmp_path / "a.log").write_text("no such network\n")
    output = in_terminal(str(tmp_path / "a.log"))
    text = pseudo_terminal.plain(output)
    assert "Workflow Progress" in text
    assert set(re.findall(r"(\d) extract +━", text)) <= {"0", "1", "2"}, "jobs at work"
    assert "of 3  Extracting" not in text
    assert not re.search(r"table +━", text.partition("one is done")[2]), "only what is at work"
    assert f"log: {tmp_path / 'a.log'}" in text and "no such network" in text
    assert "Error in group late" in text
    assert "Workflow Finished" not in text and "Complete log(s): x.log" in text
    assert "said by the job\n" in text and "over the bars" not in text
    assert output.count("\x1b[?25l") == output.count("\x1b[?25h") > 0, "the cursor is shown again"
    assert text.endswith("after the run True\n"), "and stderr is the terminal again"


def test_before_jobs_run_there_are_none():
    """Else they would take what `--summary` prints."""
    output = in_terminal("log", "nothing")
    assert "\x1b[?25l" not in output
    assert pseudo_terminal.plain(output) == "Building DAG of jobs...\nafter the run True\n"


@pytest.mark.parametrize("argument", ["no plugin", "commands"])
def test_without_the_plugin_or_with_commands_there_are_lines(tmp_path, argument):
    (tmp_path / "a.log").write_text("no such network\n")
    text = pseudo_terminal.plain(in_terminal(str(tmp_path / "a.log"), argument))
    assert "of 3  Extracting pose and face from anna-01" in text
    assert "no such network" in text and "said by the job" in text
    assert "━" not in text
