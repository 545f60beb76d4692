"""Output of a run: progress bars in a terminal, otherwise one short line for each job.

Snakemake itself prints several lines for each job, some of them thousands of characters long. Its own log in
`.snakemake/log/` still has all of them. Dry runs, and calls with `--quiet`, `--verbose` or another `--logger` that
writes to the terminal, are left unchanged.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from snakemake.logging import ColorizingTextHandler, DefaultFormatter, get_event, logger
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake.settings.types import OutputSettings

USUAL = "DefaultStreamHandler"
"""Snakemake's name for its own handler that writes to the terminal."""

SILENT_S = 60
"""After this long without a line, the end of a job prints the progress of the run."""

LEFT_OUT = {
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO),
    *(LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.GROUP_INFO),
}
CHATTER = ("Select jobs to execute", "Using shell:", "Conda environments: ignored", "Removing temporary output")
"""Beginnings of messages that are the same for each job, or irrelevant to the run."""

LOG = "Complete log"
"""Beginning of the message with the path of Snakemake's own log."""

INTERRUPTED = "Terminating processes on user request"
"""Beginning of the message after Ctrl-C."""

FAILED = {LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR}
COMMAND = re.compile(r"^Command '.*'(?= (?:returned|died))", re.M | re.S)
"""A failed command in Python's error message, with its whole text, which includes all settings."""


def quieten(settings: OutputSettings, closing: Callable[[], Sequence[str]]) -> None:
    """Shorten the output from now on, unless the call requests another kind of output.

    closing: gives the lines with the paths of results, for when there was nothing to do.
    """
    usual = next((handler for handler in logger.handlers if handler.name == USUAL), None)
    is_unchanged = settings.dryrun or settings.quiet or settings.verbose or settings.debug_dag
    if is_unchanged or not isinstance(usual, ColorizingTextHandler):
        return
    lines = Lines(settings.show_failed_logs, closing)
    usual.setFormatter(lines)
    usual.addFilter(lines.wants)
    on_terminal = not usual.nocolor  # one that can move its cursor
    if on_terminal and not settings.printshellcmds and (bars := _bars(settings, lines)):
        usual.addFilter(lambda record: not bars.wants(record))
        logger.addHandler(bars)


def _bars(settings: OutputSettings, lines: Lines) -> Any:
    """The handler that draws bars; None where snakemake-logger-plugin-rich is not installed."""
    try:
        from moodreel.workflow.bars import Bars
    except ImportError:
        return None
    return Bars(settings, lines.next_to_bars)


class Lines(DefaultFormatter):
    """Formatter that gives one short line for each job that starts, and errors with the job's log, but without its
    command.

    closing: gives the lines with the paths of results, for when there was nothing to do.
    """

    def __init__(self, show_failed_logs: bool, closing: Callable[[], Sequence[str]]) -> None:
        super().__init__(show_failed_logs=show_failed_logs)
        self._closing = closing
        self._done, self._total = 0, 0
        self._printed_at = time.monotonic()
        self._interrupted = False

    def wants(self, record: logging.LogRecord) -> bool:
        """Whether the record is printed."""
        event, facts = get_event(record), record.__dict__
        if event == LogEvent.RUN_INFO:
            self._total = facts["stats"]["total"]
        if event == LogEvent.PROGRESS:
            self._done, self._total = facts["done"], facts["total"]
            return self._done == self._total or time.monotonic() - self._printed_at > SILENT_S
        if event == LogEvent.JOB_INFO:
            return bool(facts["output"])  # `all` has no output
        return event not in LEFT_OUT and not str(record.msg).startswith(CHATTER)

    def next_to_bars(self, record: logging.LogRecord) -> str | None:
        """The text of a record that is printed although bars are drawn: an error or the path of the log; else None."""
        is_printed = get_event(record) in (*FAILED, LogEvent.ERROR) or str(record.msg).startswith((LOG, INTERRUPTED))
        return self.format(record) if is_printed else None

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record; empty for jobs ended by Ctrl-C."""
        self._printed_at = time.monotonic()
        text = COMMAND.sub("The command", super().format(record))
        if text.startswith(INTERRUPTED):
            self._interrupted = True
        elif self._interrupted and (get_event(record) in FAILED or text.startswith("RuleException")):
            return ""
        return "\n".join([text, *self._closing()]) if text.startswith("Nothing to be done") else text

    def format_job_info(self, msg: dict[str, Any]) -> str:
        """The line for a job that starts, with the number of jobs done."""
        what = msg["rule_msg"] or " ".join(map(str, (msg["rule_name"], *msg["wildcards"].values())))
        return f"{self._progress()}  {what}"

    def format_progress(self, msg: dict[str, Any]) -> str:
        """The line with the number of jobs done."""
        return f"{self._progress()}  done"

    def format_job_error(self, msg: dict[str, Any]) -> str:
        """The failed job and its log."""
        return super().format_job_error({**msg, "msg": msg["rule_msg"], "input": [], "shellcmd": ""})

    def _progress(self) -> str:
        width = len(str(self._total))
        return f"{time.strftime('%H:%M:%S')}  {self._done:{width}} of {self._total}"
