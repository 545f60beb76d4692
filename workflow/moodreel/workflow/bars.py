"""Progress bars in a terminal, drawn by snakemake-logger-plugin-rich while jobs run."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from rich.text import Text
from snakemake.logging import get_event
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_rich import LogHandler

STDERR = 2
CLOSING_S = 1
"""How long to wait, at the end, for the last output of jobs."""


class Bars(LogHandler):
    """The plugin's handler, active once jobs run; without jobs, such as for `--summary`, it draws nothing.

    It shows only rules with running or pending jobs. Errors and the path of the log are printed as text by `in_words`:
    the plugin prints nothing where a group of jobs has failed on a cluster, and "finished" also where a run has failed.
    Output of jobs on stderr is printed above the bars, which would otherwise be drawn over it.
    """

    def __init__(self, settings: OutputSettings, in_words: Callable[[logging.LogRecord], str | None]) -> None:
        super().__init__(settings, None)
        self.addFilter(self.wants)
        self._in_words = in_words
        self._terminal: TextIO | None = None
        self._reader: threading.Thread | None = None

    def wants(self, record: logging.LogRecord) -> bool:
        """Whether this handler shows the record."""
        return self._terminal is not None or get_event(record) == LogEvent.RUN_INFO

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record, or update the bars by it."""
        try:
            event = get_event(record)
            text = self._in_words(record)
            if text is not None:
                if text:
                    self._print(text, style="red" if event else "")
                return
            if event == LogEvent.RUN_INFO:
                self._take_terminal()
            super().emit(record)
            if event == LogEvent.RUN_INFO:
                self._reset_active_counts()
            if event == LogEvent.JOB_FINISHED:
                self._hide_finished_rules()
        except Exception:  # as in every handler: a failure to draw must not end the run
            self.handleError(record)

    def close(self) -> None:
        """Remove the bars and restore stderr."""
        super().close()
        if self._terminal and self._reader:
            os.dup2(self._terminal.fileno(), STDERR)
            self._terminal = None
            self._reader.join(CLOSING_S)  # jobs that outlive the run keep the pipe open

    def _take_terminal(self) -> None:
        self._terminal = os.fdopen(os.dup(STDERR), "w")
        self.console.file = self._terminal
        read_end, write_end = os.pipe()
        os.dup2(write_end, STDERR)
        os.close(write_end)
        self._reader = threading.Thread(target=self._forward, args=(read_end,), daemon=True)
        self._reader.start()

    def _forward(self, read_end: int) -> None:
        """Print what other processes write to stderr."""
        with os.fdopen(read_end, errors="replace") as lines:
            for line in lines:
                with suppress(OSError):  # the terminal may have been closed; writers must not block
                    self._print(line.rstrip("\n"))

    def _print(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _reset_active_counts(self) -> None:
        """Set the number of running jobs to 0: the plugin begins with one job of each rule."""
        for task in self.progress.tasks:
            self.progress.update(task.id, active=0)

    def _hide_finished_rules(self) -> None:
        for rule, counts in self.event_handler.rule_counts.items():
            if counts["completed"] >= counts["total"]:
                self.event_handler.progress_display.set_visible(rule, False)
