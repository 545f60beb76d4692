"""Put the figures of benchmarks/results/extraction.json into docs/speed.md, and those of analysis.json into its page.

python -m benchmarks.table
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import origin, pages

Found = Mapping[str, Any]

RULE = "---"


@dataclass(frozen=True)
class Line:
    """One figure: its key, what it is, how it is written, and what is wanted."""

    key: str
    meaning: str
    write: Callable[[Any], str]
    wanted: str = ""


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _runs(runs: Found) -> str:
    return ", ".join(f"{part} {count}" for part, count in runs.items())


def _by_minutes(peaks: Found) -> str:
    return ", ".join(f"{minutes} min: {peak:.0f} MB" for minutes, peak in peaks.items())


def _rates(rates: Found) -> str:
    ours, decoding, theirs = (rates[name] for name in ("ours", "ours_with_decoding", "mediapipe"))
    return f"ours {ours:.0f}, with decoding {decoding:.0f}, MediaPipe {theirs:.0f}"


def _growth(rows: Iterable[Found]) -> str:
    return ", ".join(f"{row['windows']:,}: {row['wall_s']:.0f} s" for row in rows)


def _knn(found: Found) -> str:
    each = (f"{name} {s:.3g} s, accuracy {found['accuracy'][name]:.2f}" for name, s in found["seconds"].items())
    return f"{found['training_windows']} windows learnt, {found['queries']} asked: " + "; ".join(each)


WHOLE, TWO, THREE, SECONDS = "{:,}".format, "{:.2f}".format, "{:.3f}".format, "{:.2f} s".format

SPEED = (
    Line("startup_s", "start-up: a new process until its first frame is written", SECONDS),
    Line("startup_mediapipe_s", "MediaPipe's, until its first answer", SECONDS),
    Line("frames_per_s", "frames/s on one core", _rates),
    Line("ratio_mediapipe", "ours by MediaPipe's, both from decoded pictures", TWO, "at least 1.8"),
    Line("ratio_limit", "our time with decoding, by decoding plus both landmark networks alone", TWO, "at most 1.15"),
    Line("ratio_limit_all_networks", "the same, by decoding plus all networks alone", TWO),
    Line("model_runs", "runs of the landmark networks", _runs, "one for each frame"),
    Line(
        "tracking_error_face",
        "face against detecting in every frame, of the distance between the eyes",
        _percent,
        "at most 1.5 %",
    ),
    Line("tracking_error_pose", "body against detecting in every frame, of the torso", _percent, "at most 2 %"),
    Line("scaling_2_jobs", "two jobs on two cores by one job", TWO, "at least 1.8"),
    Line("peak_mb", "peak memory of a job", _by_minutes, "under 700 MB, flat"),
    Line(
        "frame_time_growth", "time per frame beyond the shortest file, by that of the shortest", THREE, "0.95 to 1.05"
    ),
    Line("gpu_fps", "frames/s on a GPU", "{:.0f}".format, "at least 1,000"),
)

ANALYSIS = (
    Line("minutes_paper_size", "the timed set at the paper's size, on 2 cores", "{:.2f} min".format, "at most 10"),
    Line("peak_gb", "memory of all its processes together, at most", "{:.1f} GB".format, "at most 8"),
    Line("windows", "windows", WHOLE, "22,560"),
    Line("columns", "columns", WHOLE, "788"),
    Line("windows_fitted", "windows that every classifier learnt from in every fold, at least", WHOLE),
    Line("windows_predicted", "different windows that every classifier was asked about", WHOLE, "all"),
    Line("ari", "clusters against planted motions, adjusted Rand index", THREE, "at least 0.8"),
    Line(
        "label_accuracy_grouped",
        "motions recognised in videos that were not learnt from, by the worst of the five classifiers",
        THREE,
        "at least 0.8",
    ),
    Line("growth_exponent", "power of the windows that time grows with, 100 columns", TWO, "at most 1.2"),
    Line("growth", "the times of that, by windows", _growth),
    Line("ratio_tslearn_knn", "tslearn's k-NN with DTW, times ours", "{:,.0f}".format),
    Line("tslearn_knn", "both of them", _knn),
)


def speed(found: Found) -> str:
    """The figures of extraction, with the command and the machine that made them."""
    by = found["made_by"]
    clip = by["clip"]
    return (
        f"    {by['command']}\n\n{_table(SPEED, found)}\n\n{found['frames']:,} frames of `{clip['name']}` "
        f"({clip['size_px']} px) a run; {_machine(by)}"
    )


def analysis(found: Found) -> str:
    """The figures of the analysis, with the commands and the machines that made them."""
    parts = found.get("parts", {})
    commands = dict.fromkeys(f"    {part['made_by']['command']}" for part in parts.values())
    texts = ["\n".join(commands), _table(ANALYSIS, found)]
    if "seconds" in found:
        rows = [[stage, f"{s['cpu']:.0f}"] for stage, s in found["seconds"].items() if s["cpu"] >= 1]
        head = ["stage at the paper's size, over all jobs", "s of processor time"]
        texts.append(pages.table(head, rows, RULE))
    for name, part in parts.items():
        share = "" if part["scale"] == 1 else f" (at {part['scale']:g} of the size)"
        texts.append(f"`{name}`{share}: {_machine(part['made_by'])}")
    return "\n\n".join(texts)


def _table(lines: Iterable[Line], found: Found) -> str:
    rows = []
    for line in lines:
        value = found.get(line.key)
        rows.append([line.meaning, f"`{line.key}`", "not run" if value is None else line.write(value), line.wanted])
    return pages.table(["figure", "key", "found", "wanted"], rows, RULE)


def _machine(by: Found) -> str:
    before, after = by["load_average_before"][0], by["load_average_after"][0]
    libraries = ", ".join(f"{library} {version}" for library, version in by["libraries"].items())
    return (
        f"{by['processor']}, {by['cores']} cores, load average {before} before and {after} after; "
        f"Python {by['python']}, {libraries}."
    )


def main() -> None:
    for page, name, write in (("speed", "extraction", speed), ("analysis-speed", "analysis", analysis)):
        found = json.loads((origin.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        pages.write(pages.DOCS / f"{page}.md", {"figures": write(found)})


if __name__ == "__main__":
    main()
