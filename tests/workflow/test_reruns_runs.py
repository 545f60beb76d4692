"""Runs next to each other, and settings changed and changed back: what each keeps."""

import os

import pytest

from workflow import specification
from workflow.workplace import jobs

PER_VIDEO = {"actor", "fetch", "extract", "import_pose", "import_face", "neutral", "face", "soundtrack", "model"}


@pytest.mark.parametrize(
    "changes",
    [
        {"pose": {"backend": "rtmpose"}, "face": {"backend": "blendshapes"}},
        {"extraction": {"detect_every": 5}},
        {"action_units": {"smoothing_s": 0.0}, "music": {"passage_s": 3.0}},
    ],
    ids=["backends", "extraction", "action units and music"],
)
def test_what_was_read_before_is_not_read_again(place, changes):
    place.pretend(**changes)
    assert place.would_run(**changes) == set()
    assert place.would_run() & PER_VIDEO == set(), "changed back"
    place.pretend()
    assert place.would_run(**changes) & PER_VIDEO == set(), "and changed again"


def test_runs_with_different_settings_do_not_disturb_each_other(place):
    second = {"run": "second", "extraction": {"detect_every": 5}, "action_units": {"smoothing_s": 0.0}}
    second |= {"music": {"passage_s": 3.0}, "classify": {"groups": ["video"], "nulls": 1}}
    assert "extract" in place.would_run(**second)
    place.pretend(**second)
    for _ in range(2):
        assert place.would_run() == set()
        assert place.would_run(**second) == set()


def test_runs_with_different_videos_do_not_disturb_each_other(place):
    """A performer's neutral face is found over the videos of the run."""
    lines = (place.folder / "videos.tsv").read_text().splitlines(keepends=True)
    (place.folder / "fewer.tsv").write_text("".join(line for line in lines if not line.startswith("anna-2")))
    fewer = {"run": "fewer", "videos": "fewer.tsv"}
    assert not place.would_run(**fewer) & {"extract", "soundtrack"}
    place.pretend(**fewer)
    assert place.would_run() == set()
    assert place.would_run(**fewer) == set()


def test_a_run_under_another_name_reads_no_video(place):
    assert not place.would_run(run="renamed") & PER_VIDEO
    (place.run).rename(place.run.with_name("renamed"))
    would = place.would_run(run="renamed")
    assert not would & PER_VIDEO
    assert place.would_run() and not place.would_run() & PER_VIDEO


OLDER_S = 1e9


def put(path, text: str, modified_s: float | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if modified_s:
        os.utime(path, (modified_s, modified_s))


def test_other_clusters_under_the_same_name_number_again(place):
    """Also where they are older, as a time would not tell."""
    earlier = place.folder / "earlier.parquet"
    changes = {"clusters": {"previous": "earlier.parquet"}}
    put(earlier, "these" * 300_000)  # more than what Snakemake compares by content
    place.pretend(**changes)
    earlier.touch()
    assert place.would_run(**changes) == set()
    put(earlier, "those" * 300_000, OLDER_S)
    assert place.would_run(**changes) == specification.settings()["clusters.previous"] - {"describe"}


def test_applied_models_count_by_what_they_hold(place):
    models = place.folder / "given" / "models"
    for name in ("model.json", "knn.skops", ".snakemake_timestamp"):
        put(models / name, "these")
    changes = {"run": "new", "apply": {"models": "given/models"}}
    place.pretend(**changes)
    for path in models.iterdir():
        path.touch()
    put(models / ".notes", "mine")
    assert place.would_run(**changes) == set()
    for name, modified_s in (("model.json", None), ("knn.skops", OLDER_S)):
        put(models / name, "those", modified_s)
        assert place.would_run(**changes) == {"apply", "record"}, name
        put(models / name, "these")
    (models / "knn.skops").rename(models / "svm.skops")
    assert place.would_run(**changes) == {"apply", "record"}


@pytest.fixture
def kept(place):
    """A run whose meshes are kept, written down as it writes them, and another one that keeps none."""
    rows = [f"{video}\tresults/videos/{video}/{folder.name}" for video, folder in folders(place)]
    written = {
        "videos.tsv": "\n".join(["video\tfolder", *rows, ""]),
        "settings.yaml": "extraction: {keep_mesh: true}\n",
    }
    for name, text in written.items():
        put(place.run / name, text, (place.run / name).stat().st_mtime)
    return place, {"run": "second", "extraction": {"keep_mesh": False}, "action_units": {"smoothing_s": 0.0}}


def folders(place):
    return [(mesh.parts[-3], mesh.parent) for mesh in place.folder.glob("results/videos/*/*/mesh.parquet")]


def removed(messages: str) -> int:
    """How many meshes Snakemake would remove."""
    return sum("remove temporary output" in line and "mesh.parquet" in line for line in messages.splitlines())


@pytest.mark.parametrize("arguments", [(), ("--until", "face"), ("results/runs/second/features.parquet",)])
def test_meshes_that_another_run_keeps_are_left_alone(kept, arguments):
    place, second = kept
    text = place.snakemake("--dry-run", *arguments, **second)
    assert jobs(text)["face"] == len(folders(place)) == 5
    assert removed(text) == 0


def test_meshes_that_it_does_not_keep_are_removed_next_to_them(kept):
    place, second = kept
    lines = (place.run / "videos.tsv").read_text().splitlines()
    put(place.run / "videos.tsv", "\n".join([*lines[:3], ""]))
    assert removed(place.snakemake("--dry-run", **second)) == len(lines) - 3 == 3


def test_meshes_that_no_other_run_keeps_are_removed(kept):
    place, second = kept
    videos = len(folders(place))
    assert removed(place.messages(**{**second, "run": "first"})) == videos, "its own, of before"
    put(place.run / "settings.yaml", "extraction: {keep_mesh: false}\n")
    assert removed(place.messages(**second)) == videos
    put(place.run / "settings.yaml", "{")
    assert removed(place.messages(**second)) == 0, "who knows"
    (place.run / "videos.tsv").write_text("video\tfolder\nben\tresults/videos/ben/elsewhere\n")
    assert removed(place.messages(**second)) == videos, "of another extraction"


def test_a_mesh_that_was_deleted_is_not_made_for_another_run(kept):
    place, second = kept
    place.pretend(**second)
    for _, folder in folders(place):
        (folder / "mesh.parquet").unlink()
    assert place.would_run(**second) == set()
