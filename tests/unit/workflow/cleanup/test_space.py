"""What results/ takes, and what is deleted only when it is named."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.storage import run_token
from moodreel.storage.atomic import temporary_path
from moodreel.workflow.cleanup import space
from unit.workflow.provenance.runs import run


def write(path: Path, size: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


@pytest.fixture
def top(tmp_path):
    """A folder with a finished run `r`, one that goes on, and a little of everything else."""
    run(tmp_path)
    results = tmp_path / "results"
    begun = results / "runs" / "begun"
    begun.mkdir()
    (begun / "videos.tsv").write_text("video\tperformer\tfolder\nw\tp\tresults/videos/w/way\n")
    for name in (
        "videos/w/way/pose.parquet", "videos/w/way/mesh.parquet", "videos/w/soundtrack-1.parquet", "performers/p/way/neutral.parquet",
        "videos/w/other/pose.parquet", "videos/w/other/mesh.parquet", "videos/gone/way/pose.parquet", "performers/q/way/neutral.parquet",
        "sources/builtin-0/w.mp4", "sources/youtube/y.mp4", "sources/mine/z.mp4", ".cache/numba/x", "logs/a.log", "runs/r/pairs/a.mp4",
        "models/a.onnx", "strange/file", "videos/w/way/crops-fer/face_crops.parquet",
        "videos/w/way/crops-aligned-224-95/staged/face_crops.parquet",
    ):  # fmt: skip
        write(results / name)
    return tmp_path


def test_every_file_is_of_one_kind(top):
    kinds = {kind.name: kind for kind in space.survey(top)}
    files = [path for path in (top / "results").rglob("*") if path.is_file()]
    assert sum(kind.bytes for kind in kinds.values()) == sum(path.stat().st_size for path in files)
    assert kinds["other"].bytes == kinds["clips"].bytes == kinds["downloads"].bytes == kinds["sources"].bytes == 1000
    assert "moodreel space --delete KIND" in "\n".join(space.lines(space.survey(top)))


def test_what_a_run_names_is_kept_and_the_rest_is_unnamed(top):
    videos = top / "results" / "videos"
    others = {videos / "w" / "other" / f"{name}.parquet" for name in ("pose", "mesh")}
    of_none = {videos / "gone/way/pose.parquet", top / "results/performers/q/way/neutral.parquet"}
    assert paths_of("unnamed", top) == others | of_none
    begun = top / "results" / "runs" / "just_begun"
    begun.mkdir()
    assert not paths_of("unnamed", top), "a run whose tables are unknown keeps all"
    begun.rmdir()
    assert space.delete("unnamed", top).startswith("deleted unnamed: 4 of them")
    assert not (videos / "gone").exists()
    assert (videos / "w" / "way" / "mesh.parquet").exists() and (videos / "v" / "soundtrack.parquet").exists()


def test_face_crops_are_of_their_own_kind_and_those_that_wait_are_staged(top):
    way = top / "results" / "videos" / "w" / "way"
    assert paths_of("staged", top) == {way / "crops-aligned-224-95" / "staged"}
    assert paths_of("crops", top) == {way / "crops-fer", way / "crops-aligned-224-95"}
    space.delete("crops", top)
    assert (way / "mesh.parquet").exists() and not (way / "crops-fer").exists()


def paths_of(name: str, top: Path) -> set[Path]:
    return next(set(kind.paths) for kind in space.survey(top) if kind.name == name)


def temporary(path: Path, host: str, process: int) -> Path:
    """What this process of that host would write before it becomes `path`."""
    mine = temporary_path(path, path.suffix)
    return mine.with_name(mine.name.replace(f"{socket.gethostname()}.{os.getpid()}", f"{host}.{process}"))


def test_only_what_dead_jobs_have_left_is_temporary(top):
    host = socket.gethostname()
    folder = top / "results" / "videos" / "v"
    dead = write(temporary(folder / "pose.parquet", host, 2**22 + 1))
    alive = write(temporary(folder / "mesh.parquet", host, os.getpid()))
    far = write(temporary(folder / "face.parquet", "elsewhere", 7))
    old = write(temporary(folder / "old.parquet", "elsewhere", 7))
    whole = temporary(folder / "gallery", host, 2**22 + 1)  # counts once, whatever lies in it
    write(temporary(whole / "a.jpg", host, 2**22 + 1))
    mine = write(folder / ".notes.backup.20240101")
    for file in (old, mine):
        os.utime(file, (0, 0))
    assert paths_of("temporaries", top) == {dead, old, whole}
    space.delete("temporaries", top)
    assert [path.exists() for path in (alive, far, mine, dead, old, whole)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("kind", ["tables", "runs", "sources", "notes", "other"])
def test_what_is_dear_or_yours_is_not_deleted_from_here(top, kind):
    with pytest.raises(UserError, match="not deleted by this command"):
        space.delete(kind, top)


def test_an_unknown_kind_is_reported_with_the_near_miss(top):
    with pytest.raises(UserError, match="Did you mean 'meshes'"):
        space.delete("mesh", top)
    with pytest.raises(UserError, match="no such folder"):
        space.survey(top / "results" / "runs")


@contextmanager
def at_work(folder: Path) -> Iterator[Path]:
    """A run goes on in the folder."""
    lock = write(folder / run_token.RECORD)
    with open(lock) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield lock


def test_nothing_is_deleted_next_to_a_run(top):
    with at_work(top), pytest.raises(UserError, match="a run is going on"):
        space.delete("logs", top)
    assert space.delete("logs", top).startswith("deleted logs")


@pytest.mark.parametrize("kind", ["reproduced", "networks"])
def test_nothing_is_deleted_next_to_a_reproduction(top, kind):
    results = top / "results"
    with at_work(results / "reproduced" / "r") as lock:
        with pytest.raises(UserError, match="a run is going on in .*reproduced/r"):
            space.delete(kind, top)
        assert lock.exists() and (results / "models" / "a.onnx").exists()


LINKED = ["results/videos", "results/performers", "results/videos/w", "results/videos/w/way", "results/performers/p"]


@pytest.mark.parametrize("name", LINKED)
def test_what_was_moved_away_and_linked_stays_as_it_is(top, name):
    moved = top / "big" / name
    moved.parent.mkdir(parents=True)
    (top / name).rename(moved)
    (top / name).symlink_to(moved)
    before = {path for path in moved.rglob("*") if path.is_file()}
    for kind in ("unnamed", "meshes", "staged", "temporaries"):
        space.delete(kind, top)
    assert (top / name).is_symlink() and before == {path for path in moved.rglob("*") if path.is_file()}


def test_another_projects_run_that_is_linked_stays_as_it_is(top, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    run(other, name="theirs")
    theirs = other / "results" / "runs" / "theirs"
    kinds = {kind: kind for kind in ("evaluation", "figures", "gallery", "exports")}
    kinds |= {"films": "annotated", "previews": "pairs"}
    files = [write(theirs / folder / "a.tsv") for folder in kinds.values()]
    (top / "results" / "runs" / "theirs").symlink_to(theirs)
    for kind in kinds:
        space.delete(kind, top)
    assert all(file.exists() for file in files)


def test_a_linked_results_folder_is_like_any(top, tmp_path_factory):
    before = {kind.name: (kind.bytes, len(kind.paths)) for kind in space.survey(top)}
    moved = tmp_path_factory.mktemp("big") / "moved"
    (top / "results").rename(moved)
    (top / "results").symlink_to(moved)
    write(top / ".snakemake" / "metadata" / "a", 7)
    after = {kind.name: (kind.bytes, len(kind.paths)) for kind in space.survey(top)}
    assert after.pop("notes")[0] == before.pop("notes")[0] + 7
    assert after == before
    assert space.delete("unnamed", top).startswith("deleted unnamed: 4 of them")
    assert (moved / "videos" / "w" / "way" / "pose.parquet").exists()


def test_links_are_removed_and_what_they_lead_to_stays(top):
    video = write(top / "elsewhere" / "film.mp4")
    clips = top / "results" / "sources" / "builtin-0"
    (clips / "linked.mp4").symlink_to(video)
    (clips / "folder").symlink_to(video.parent)
    space.delete("clips", top)
    assert video.exists() and not clips.exists()
