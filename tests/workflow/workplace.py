"""A folder in which the real workflow runs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workplace:
    """A folder in which Snakemake runs, with its configuration."""

    folder: Path
    config: dict

    def snakemake(self, *arguments: str, **changes: object) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; `changes` replace sections of the configuration."""
        (self.folder / "my.yaml").write_text(yaml.safe_dump({**self.config, **changes}))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
        return subprocess.run(
            [*command, "--configfile", "my.yaml", *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    def would_run(self, **changes: object) -> set[str]:
        """The rules of which Snakemake would run a job now."""
        done = self.snakemake("--dry-run", **changes)
        text = done.stdout + done.stderr
        assert done.returncode == 0, text
        rows = [line.split() for line in text.partition("Job stats:")[2].partition("\ntotal")[0].splitlines()]
        return {row[0] for row in rows if len(row) == 2 and row[1].isdigit()} - {"all"}

    @property
    def run(self) -> Path:
        return self.folder / "results" / "runs" / self.config["run"]
