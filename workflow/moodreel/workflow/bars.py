"""Bars in a terminal, drawn by snakemake-logger-plugin-rich while jobs run."""

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
"""How long to wait, at the end, for what jobs have still said."""


class Bars(LogHandler):
    """The plugin's handler, from when jobs run; nothing is drawn where none do, such as for `--summary`.

    It shows the rules at work, not those that are done. Errors, and where the log is, are said as `in_words` says them:
    the plugin says nothing where a group of jobs has failed on a cluster, and "finished" also where a run has failed.
    What jobs write to stderr comes above the bars, which would else be drawn over it.
    """

    def __init__(self, settings: OutputSettings, in_words: Callable[[logging.LogRecord], str | None]) -> None:
        super().__init__(settings, None)
        self.addFilter(self.wants)
        self._in_words = in_words
        self._terminal: TextIO | None = None
        self._hearing: threading.Thread | None = None

    def wants(self, record: logging.LogRecord) -> bool:
        """Whether the record is said here."""
        return self._terminal is not None or get_event(record) == LogEvent.RUN_INFO

    def emit(self, record: logging.LogRecord) -> None:
        """Say the record, or draw what it changes."""
        try:
            event = get_event(record)
            text = self._in_words(record)
            if text is not None:
                if text:
                    self._say(text, style="red" if event else "")
                return
            if event == LogEvent.RUN_INFO:
                self._take_terminal()
            super().emit(record)
            if event == LogEvent.RUN_INFO:
                self._stop_counting_rules_as_at_work()
            if event == LogEvent.JOB_FINISHED:
                self._hide_what_is_done()
        except Exception:  # as every handler does: what cannot be drawn must not end the run
            self.handleError(record)

    def close(self) -> None:
        """Take the bars away, and give the terminal back."""
        super().close()
        if self._terminal and self._hearing:
            os.dup2(self._terminal.fileno(), STDERR)
            self._terminal = None
            self._hearing.join(CLOSING_S)  # jobs that outlive the run keep it from its end

    def _take_terminal(self) -> None:
        self._terminal = os.fdopen(os.dup(STDERR), "w")
        self.console.file = self._terminal
        said, written = os.pipe()
        os.dup2(written, STDERR)
        os.close(written)
        self._hearing = threading.Thread(target=self._hear, args=(said,), daemon=True)
        self._hearing.start()

    def _hear(self, said: int) -> None:
        """Say what others write to stderr."""
        with os.fdopen(said, errors="replace") as lines:
            for line in lines:
                with suppress(OSError):  # the terminal may have gone; nobody shall wait for it
                    self._say(line.rstrip("\n"))

    def _say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _stop_counting_rules_as_at_work(self) -> None:
        """The plugin counts one job of each rule as at work from the beginning."""
        for task in self.progress.tasks:
            self.progress.update(task.id, active=0)

    def _hide_what_is_done(self) -> None:
        for rule, counts in self.event_handler.rule_counts.items():
            if counts["completed"] >= counts["total"]:
                self.event_handler.progress_display.set_visible(rule, False)
