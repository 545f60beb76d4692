"""Put the figures of benchmarks/results/analysis.json into docs/analysis-speed.md: `python -m benchmarks.table`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.analysis import RESULTS
from benchmarks.table import Line
from moodreel.storage import atomic

PAGE = Path("docs/analysis-speed.md")


def _growth(rows: Sequence[Mapping[str, float]]) -> str:
    return ", ".join(f"{row['windows']:,}: {row['wall_s']:.0f} s" for row in rows)


def _knn(found: Mapping[str, Any]) -> str:
    each = (f"{name} {s:.3g} s, accuracy {found['accuracy'][name]:.2f}" for name, s in found["seconds"].items())
    return f"{found['training_windows']} windows learnt, {found['queries']} asked: " + "; ".join(each)


LINES = (
    Line("minutes_paper_size", "the timed set at the paper's size, on 2 cores", "{:.2f} min".format, "at most 10"),
    Line("peak_gb", "memory of all its processes together, at most", "{:.1f} GB".format, "at most 8"),
    Line("windows", "windows", "{:,}".format, "22,560"),
    Line("columns", "columns", "{:,}".format, "788"),
    Line("windows_fitted", "windows that every classifier learnt from in every fold, at least", "{:,}".format),
    Line("windows_predicted", "different windows that every classifier was asked about", "{:,}".format, "all"),
    Line("ari", "clusters against planted motions, adjusted Rand index", "{:.3f}".format, "at least 0.8"),
    Line(
        "label_accuracy_grouped",
        "motions recognised in videos that were not learnt from, by the worst of the five classifiers",
        "{:.3f}".format,
        "at least 0.8",
    ),
    Line("growth_exponent", "power of the windows that time grows with, 100 columns", "{:.2f}".format, "at most 1.2"),
    Line("growth", "the times of that, by windows", _growth),
    Line("ratio_tslearn_knn", "tslearn's k-NN with DTW, times ours", "{:,.0f}".format),
    Line("tslearn_knn", "both of them", _knn),
)


def markdown(found: Mapping[str, Any]) -> str:
    """The figures as Markdown tables, with the commands and the machine that made them."""
    rows = [
        f"| {line.meaning} | `{line.key}` | {line.write(found[line.key]) if line.key in found else 'not run'} "
        f"| {line.wanted} |"
        for line in LINES
    ]
    parts = found.get("parts", {})
    commands = dict.fromkeys(part["made_by"]["command"] for part in parts.values())
    return "\n".join(
        [
            *(f"    {command}" for command in commands),
            "",
            "| figure | key | found | wanted |",
            "|---|---|---|---|",
            *rows,
            *(_stages(found["seconds"]) if "seconds" in found else []),
            *(_machine(name, part) for name, part in parts.items()),
        ]
    )


def _stages(seconds: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = [f"| {stage} | {s['cpu']:.0f} |" for stage, s in seconds.items() if s["cpu"] >= 1]
    return ["", "| stage at the paper's size, over all jobs | s of processor time |", "|---|---|", *rows]


def _machine(name: str, part: Mapping[str, Any]) -> str:
    by = part["made_by"]
    libraries = ", ".join(f"{library} {version}" for library, version in by["libraries"].items())
    share = "" if part["scale"] == 1 else f" (at {part['scale']:g} of the size)"
    return (
        f"\n`{name}`{share}: {by['processor']}, {by['cores']} cores, load average {by['load_average_before'][0]} "
        f"before and {by['load_average_after'][0]} after; Python {by['python']}, {libraries}."
    )


def main() -> None:
    if RESULTS.is_file():
        text = markdown(json.loads(RESULTS.read_text(encoding="utf-8")))
        atomic.write_text(PAGE, table.insert(PAGE.read_text(encoding="utf-8"), text))


if __name__ == "__main__":
    main()
