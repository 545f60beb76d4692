"""What runs again when videos come, go, or change: docs/reruns.md."""

import os
import shutil

import pytest

from moodreel.tables import base
from moodreel.tables.extraction import POSE
from workflow import specification

RUN = specification.rules("*screening*") - {"describe"}
"""What runs again of a run when what is known of its videos has changed."""


def rows(place) -> list[str]:
    return (place.folder / "videos.tsv").read_text().splitlines()


def put(place, lines: list[str]) -> None:
    (place.folder / "videos.tsv").write_text("\n".join([*lines, ""]))


def jobs(place, *rules: str) -> tuple[int, ...]:
    would = place.would_do()
    return tuple(would[rule] for rule in rules)


@pytest.mark.parametrize("kept", [True, False], ids=["", "without .snakemake"])
@pytest.mark.parametrize("linked", [False, True], ids=["touched", "linked again"])
def test_a_touched_video_and_another_link_to_the_same_one_rerun_nothing(place, linked, kept):
    films, store = place.folder / "films", place.folder / "store"
    if linked:
        films.rename(store)
        films.mkdir()
        for path in store.iterdir():
            (films / path.name).symlink_to(f"../store/{path.name}")
    else:
        for path in (*films.iterdir(), place.folder / "videos.tsv"):
            os.utime(path)
    if not kept:
        shutil.rmtree(place.folder / ".snakemake")
    assert place.would_run() == set()
    assert place.would_run() == set(), "nor when planned again"


@pytest.mark.parametrize("modified_s", [None, 1e9], ids=["newer", "older"])
@pytest.mark.parametrize("same_size", [True, False])
def test_another_video_under_the_same_name_is_read(place, modified_s, same_size):
    path = place.folder / "films" / "anna-1.mp4"
    path.write_bytes(b"other " * (path.stat().st_size // 6 if same_size else 300_000))
    if modified_s:
        os.utime(path, (modified_s, modified_s))
    for _ in range(2):  # planning again does not forget it
        would = place.would_do()
        assert set(would) == {"extract", "soundtrack", "neutral", "face", "export", *RUN}
        assert (would["extract"], would["soundtrack"], would["face"]) == (1, 1, 2), "the performer's other face too"


def test_another_file_of_another_program_under_the_same_name_is_taken_over(place):
    path = place.folder / "films" / "given.csv"
    path.write_bytes(b"other " * 300_000)
    os.utime(path, (1e9, 1e9))
    assert place.would_run() == {"import_face", "export", *RUN}


def test_a_video_more_is_read_and_no_other(place):
    shutil.copy2(place.folder / "films" / "ben.mp4", place.folder / "films" / "new.mp4")
    lines = rows(place)
    put(place, [*lines, "new\tfilms/new.mp4\tnobody-else"])
    assert place.would_run() == {"table", "extract", "face", "soundtrack", "export", *RUN}
    assert jobs(place, "extract", "face", "soundtrack") == (1, 1, 1)
    put(place, [*lines, "new\tfilms/new.mp4\tanna"])
    assert jobs(place, "extract", "neutral", "face", "soundtrack") == (1, 1, 3, 1), "all faces of the performer"


def test_a_video_less_reads_none(place):
    lines = rows(place)
    put(place, [line for line in lines if not line.startswith("ben\t")])
    assert place.would_run() == {"table", *RUN}
    put(place, [line for line in lines if not line.startswith("anna-2\t")])
    assert jobs(place, "extract", "soundtrack", "face") == (0, 0, 1)
    place.pretend()
    put(place, lines)
    assert jobs(place, "extract", "soundtrack", "neutral", "face") == (0, 0, 0, 0), "and taken in again"


LABELS = specification.rules("*labels*") - {"describe"}
"""What runs again of a run when a label has changed."""


def test_another_order_reads_no_video(place):
    header, *lines = rows(place)
    put(place, [header, *reversed(lines)])
    assert place.would_run() == {"table", *RUN}


def test_another_label_reruns_what_it_enters(place):
    assert not LABELS & {"screen", "windows", "embed", "cluster", "gallery", "table"}
    lines = rows(place)
    put(place, [line.replace("\tben\t\t", "\tben\tjoy\t") for line in lines])
    assert place.would_run() == LABELS
    place.pretend()
    assert place.would_run() == set()
    put(place, [line.replace("\tben\t\t", "\tben\tanger\t") for line in lines])
    assert place.would_run() == LABELS, "another one in its place"
    put(place, lines)
    assert place.would_run() == LABELS, "and none"


def test_performer_and_span_concern_their_video(place):
    lines = rows(place)
    put(place, [line.replace("\tben\t", "\tanna\t") for line in lines])
    assert jobs(place, "extract", "soundtrack", "neutral", "face") == (0, 0, 1, 3)
    put(place, [line.replace("\tben\t\t\t", "\tben\t\t0.5\t") for line in lines])
    assert jobs(place, "extract", "neutral", "face") == (1, 0, 1)


def stamp(place, table: str, source: str) -> None:
    """Let a table, of a run that was not really made, say what it was read from, and be as old as it was."""
    (path,) = (place.folder / "results" / "videos").glob(table)
    made_ns = path.stat().st_mtime_ns
    base.write(path, POSE, POSE.empty(), {"inputs": {source: ""}, "start_s": None, "end_s": None})
    os.utime(path, ns=(made_ns, made_ns))


def test_a_deleted_video_and_what_can_be_made_again_rerun_nothing(place):
    for video in ("anna-1", "anna-2", "ben"):
        stamp(place, f"{video}/*/pose.parquet", f"films/{video}.mp4")
    stamp(place, "given/*/pose.parquet", "films/given.json")
    stamp(place, "given/*/face.parquet", "films/given.csv")
    for name in ("films", "results/sources", "results/models"):
        shutil.rmtree(place.folder / name)
        assert place.would_run() == set(), name
