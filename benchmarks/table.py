"""Put the figures of benchmarks/results/extraction.json into docs/speed.md, and those of analysis.json into its page.

python -m benchmarks.table
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.extraction import RESULTS
from moodreel.storage import atomic

PAGE = Path("docs/speed.md")
BEGIN, END = "<!-- figures: python -m benchmarks.table -->", "<!-- end of figures -->"


@dataclass(frozen=True)
class Line:
    """One figure: its key, what it is, how it is written, and what is wanted."""

    key: str
    meaning: str
    write: Callable[[Any], str]
    wanted: str = ""


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _by_minutes(peaks: Mapping[str, float]) -> str:
    return ", ".join(f"{minutes} min: {peak:.0f} MB" for minutes, peak in peaks.items())


def _rates(rates: Mapping[str, float]) -> str:
    return (
        f"ours {rates['ours']:.0f}, with decoding {rates['ours_with_decoding']:.0f}, MediaPipe {rates['mediapipe']:.0f}"
    )


LINES = (
    Line("startup_s", "start-up: a new process until its first frame is written", "{:.2f} s".format),
    Line("startup_mediapipe_s", "MediaPipe's, until its first answer", "{:.2f} s".format),
    Line("frames_per_s", "frames/s on one core", _rates),
    Line("ratio_mediapipe", "ours by MediaPipe's, both from decoded pictures", "{:.2f}".format, "at least 1.8"),
    Line(
        "ratio_limit",
        "our time with decoding, by decoding plus both landmark networks alone",
        "{:.2f}".format,
        "at most 1.15",
    ),
    Line("ratio_limit_all_networks", "the same, by decoding plus all networks alone", "{:.2f}".format),
    Line(
        "model_runs",
        "runs of the landmark networks",
        lambda runs: ", ".join(f"{part} {count}" for part, count in runs.items()),
        "one for each frame",
    ),
    Line(
        "tracking_error_face",
        "face against detecting in every frame, of the distance between the eyes",
        _percent,
        "at most 1.5 %",
    ),
    Line("tracking_error_pose", "body against detecting in every frame, of the torso", _percent, "at most 2 %"),
    Line("scaling_2_jobs", "two jobs on two cores by one job", "{:.2f}".format, "at least 1.8"),
    Line("peak_mb", "peak memory of a job", _by_minutes, "under 700 MB, flat"),
    Line(
        "frame_time_growth",
        "time per frame beyond the shortest file, by that of the shortest",
        "{:.3f}".format,
        "0.95 to 1.05",
    ),
    Line("gpu_fps", "frames/s on a GPU", "{:.0f}".format, "at least 1,000"),
)


def table(found: Mapping[str, Any]) -> str:
    """The figures of a run as a Markdown table, with the command and the machine that made them."""
    made_by = found["made_by"]
    rows = [
        f"| {line.meaning} | `{line.key}` | {'not run' if found[line.key] is None else line.write(found[line.key])} "
        f"| {line.wanted} |"
        for line in LINES
    ]
    clip, before, after = (made_by[key] for key in ("clip", "load_average_before", "load_average_after"))
    libraries = ", ".join(f"{name} {version}" for name, version in made_by["libraries"].items())
    return "\n".join(
        [
            f"    {made_by['command']}",
            "",
            "| figure | key | found | wanted |",
            "|---|---|---|---|",
            *rows,
            "",
            f"{found['frames']:,} frames of `{clip['name']}` ({clip['size_px']} px) a run; {made_by['processor']}, "
            f"{made_by['cores']} cores, load average {before[0]} before and {after[0]} after; "
            f"Python {made_by['python']}, {libraries}.",
        ]
    )


def insert(page: str, made: str) -> str:
    """`page` with `made` between its two marks. Raises ValueError where it has none."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.S)
    if not pattern.search(page):
        raise ValueError(f"{PAGE} has no lines {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{made}\n\n{END}", page)


def main() -> None:
    from benchmarks import analysis_table

    analysis_table.main()
    made = table(json.loads(RESULTS.read_text(encoding="utf-8")))
    atomic.write_text(PAGE, insert(PAGE.read_text(encoding="utf-8"), made))


if __name__ == "__main__":
    main()
