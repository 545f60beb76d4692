"""What is told of the table of videos before a run, though it stops nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from moodreel.video.table_pairs import overlaps
from moodreel.video.table_rows import Video
from moodreel.workflow.plan import Plan

NAMED = 5
"""Lines that a remark names; it counts the others."""


def remarks(plan: Plan) -> list[str]:
    """Cells that are read as empty, and videos that have a part of a recording in common, one remark per kind."""
    return [*_empty_cells(plan), *_twins(plan)]


def _empty_cells(plan: Plan) -> Iterator[str]:
    cells = [
        f"line {line}, {column}: {word}" for word, found in plan.table.read_as_nothing.items() for line, column in found
    ]
    if cells:
        yield (
            f"{plan.settings.videos}: words for nothing are read as empty cells, {len(cells)} in all ("
            f"{_some(cells)}). If one is a name, write it differently"
        )


def _twins(plan: Plan) -> Iterator[str]:
    of_recording: dict[str, list[Video]] = defaultdict(list)
    for video in plan.videos.values():
        of_recording[plan.recordings[video.video]].append(video)
    kinds: dict[str, list[str]] = {}
    line_of = plan.table.line_of
    for videos in of_recording.values():
        for video, other in overlaps(videos):
            names = [name for name in ("performer", "emotion") if getattr(video, name) != getattr(other, name)]
            here, there = (f"line {line_of.get(v.video, '?')}, {v.video}" for v in (video, other))
            kinds.setdefault(" and another ".join(names), []).append(f"{here}: as {there}")
    for differs, found in kinds.items():
        with_another = f", with another {differs}" if differs else ""
        yield (
            f"{plan.settings.videos}: the same part of a recording occurs again{with_another}, {len(found)} in all ("
            f"{_some(found)}). Folds by video or performer keep them together; remove those that are "
            "there by mistake"
        )


def _some(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return "; ".join(texts[:NAMED]) + more
