"""What a run says while it goes on: bars where somebody looks at a terminal, else one short line for each job.

Snakemake itself says several lines for each job, some of them thousands of characters long. All of that still stands in
its own log, `.snakemake/log/`. Dry runs, and calls with `--quiet`, `--verbose` or a `--logger` of one's own that writes
to the terminal, are left as they are.
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
"""Snakemake's name for the handler that writes to the terminal, where no plugin does."""

SILENT_S = 60
"""After so long without a line, a job that has finished says how far the run is."""

LEFT_OUT = {
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO),
    *(LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.GROUP_INFO),
}
CHATTER = ("Select jobs to execute", "Using shell:", "Conda environments: ignored", "Removing temporary output")
"""How messages begin that are the same for each job, or say nothing about the run."""

LOG = "Complete log"
"""How the message begins that says where Snakemake's own log is."""

INTERRUPTED = "Terminating processes on user request"
"""How the message begins that follows Ctrl-C."""

FAILED = {LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR}
COMMAND = re.compile(r"^Command '.*'(?= (?:returned|died))", re.M | re.S)
"""A command that has failed, as Python says it: with all that comes before it and all its settings."""


def quieten(settings: OutputSettings, closing: Callable[[], Sequence[str]]) -> None:
    """Say less from now on, where the call asks for nothing else.

    closing: the lines that say where results are, for when there was nothing to do.
    """
    usual = next((handler for handler in logger.handlers if handler.name == USUAL), None)
    asked = settings.dryrun or settings.quiet or settings.verbose or settings.debug_dag
    if asked or not isinstance(usual, ColorizingTextHandler):
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
    return Bars(settings, lines.beside_bars)


class Lines(DefaultFormatter):
    """One short line for each job that starts; errors with the job's log, but without its command.

    closing: the lines that say where results are, for when there was nothing to do.
    """

    def __init__(self, show_failed_logs: bool, closing: Callable[[], Sequence[str]]) -> None:
        super().__init__(show_failed_logs=show_failed_logs)
        self._closing = closing
        self._done, self._total = 0, 0
        self._said_at = time.monotonic()
        self._interrupted = False

    def wants(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be said."""
        event, told = get_event(record), record.__dict__
        if event == LogEvent.RUN_INFO:
            self._total = told["stats"]["total"]
        if event == LogEvent.PROGRESS:
            self._done, self._total = told["done"], told["total"]
            return self._done == self._total or time.monotonic() - self._said_at > SILENT_S
        if event == LogEvent.JOB_INFO:
            return bool(told["output"])  # `all` makes nothing
        return event not in LEFT_OUT and not str(record.msg).startswith(CHATTER)

    def beside_bars(self, record: logging.LogRecord) -> str | None:
        """The record in words where it is an error or says where the log is, also where bars are drawn; else None."""
        told = get_event(record) in (*FAILED, LogEvent.ERROR) or str(record.msg).startswith((LOG, INTERRUPTED))
        return self.format(record) if told else None

    def format(self, record: logging.LogRecord) -> str:
        """The record in words; none for jobs that Ctrl-C has ended."""
        self._said_at = time.monotonic()
        text = COMMAND.sub("The command", super().format(record))
        if text.startswith(INTERRUPTED):
            self._interrupted = True
        elif self._interrupted and (get_event(record) in FAILED or text.startswith("RuleException")):
            return ""
        return "\n".join([text, *self._closing()]) if text.startswith("Nothing to be done") else text

    def format_job_info(self, msg: dict[str, Any]) -> str:
        """That a job starts, and how many are done."""
        what = msg["rule_msg"] or " ".join(map(str, (msg["rule_name"], *msg["wildcards"].values())))
        return f"{self._progress()}  {what}"

    def format_progress(self, msg: dict[str, Any]) -> str:
        """How many jobs are done."""
        return f"{self._progress()}  done"

    def format_job_error(self, msg: dict[str, Any]) -> str:
        """What has failed, and the log that says why."""
        return super().format_job_error({**msg, "msg": msg["rule_msg"], "input": [], "shellcmd": ""})

    def _progress(self) -> str:
        width = len(str(self._total))
        return f"{time.strftime('%H:%M:%S')}  {self._done:{width}} of {self._total}"
