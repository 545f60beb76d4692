"""The pictures of the gallery, plain and with what was read drawn over them."""

from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.steps import gallery
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, GALLERY
from moodreel.tables.extraction import MESH, MESH_POINTS, POSE
from moodreel.tables.videos import VIDEOS
from unit.steps.calls import call, table_of

FRAMES, WIDTH, HEIGHT = 50, 160, 120
SHOULDERS = {"right_shoulder": (40.0, 90.0), "left_shoulder": (120.0, 90.0), "neck": (80.0, 90.0)}


def make(folder: Path, *, seen: bool = True, mesh: bool = True) -> Path:
    """One clip of two seconds in one window and cluster, its body and face at the same places in every frame."""
    write_clip(folder / "a.mp4", np.full((FRAMES, HEIGHT, WIDTH, 3), 60, np.uint8))
    frames = {"frame": range(FRAMES), "time_s": np.arange(FRAMES) / 25, "status": "ok" if seen else "no_person"}
    shoulders = {f"{p}_{axis}": v for p, xy in SHOULDERS.items() for axis, v in zip("xy", xy, strict=True)}
    pose = table_of(POSE, {**frames, "cut": False, **(shoulders if seen else {})})
    base.write(folder / "pose.parquet", POSE, pose, {})
    if mesh:
        # of the lips, whose upper edge has point 0
        points = {"x": [50.0, *[110.0] * (MESH_POINTS - 1)], "y": [60.0] * MESH_POINTS, "z": [0.0] * MESH_POINTS}
        points = {axis: [values if seen else None] * FRAMES for axis, values in points.items()}
        base.write(folder / "mesh.parquet", MESH, table_of(MESH, {**frames, "confidence": 1.0, **points}), {})
    video = {"video": "a", "path": str(folder / "a.mp4"), "folder": str(folder), "face_folder": str(folder)}
    base.write_tsv(folder / "videos.tsv", VIDEOS, table_of(VIDEOS, [video]))
    path = [-3.0, 3, -3, 3, -3, 0, 3, -3, 3, 1]
    bins = pl.DataFrame({"video": "a", "time_s": np.arange(10) / 5, "map_x": 0.0, "map_y": 0.0, "e0": path})
    base.write(folder / "embedding.parquet", EMBEDDING, bins, {"rate_hz": 5.0})
    window = {"video": "a", "window": 0, "start_s": 0.0, "end_s": 2.0, "cluster": 1, "distance": 0.0}
    base.write(folder / "clusters.parquet", CLUSTERS, table_of(CLUSTERS, [window]), {})
    return folder


def run(folder: Path, settings: dict | None = None) -> pl.DataFrame:
    given = {"videos": folder / "videos.tsv", **{n: folder / f"{n}.parquet" for n in ("embedding", "clusters")}}
    call(gallery, settings=settings, **given, out=folder / "gallery")
    return base.read_tsv(folder / "gallery" / "gallery.tsv", GALLERY)


def drawn(folder: Path, row: dict) -> tuple[bool, bool]:
    """Whether the drawn picture shows lines in the colours of body and of face; the plain one is grey."""
    plain, over = (cv2.imread(str(folder / "gallery" / row[name])).astype(int) for name in ("picture", "drawn"))
    assert np.ptp(plain, axis=2).max() < 10
    blue, _, red = np.moveaxis(over, 2, 0)
    return bool((red - blue > 50).any()), bool((blue - red > 40).any())


def test_both_pictures_are_written(tmp_path):
    (row,) = run(make(tmp_path)).to_dicts()
    assert (row["picture"], row["drawn"]) == ("cluster-01-1.jpg", "cluster-01-1-drawn.jpg")
    assert row["time_s"] == pytest.approx(1.12)  # the first frame from the middle of the bin at 1 s on
    assert drawn(tmp_path, row) == (True, True)


@pytest.mark.parametrize(("kept", "keep_mesh"), [(False, True), (True, False)])
def test_without_a_mesh_the_body_alone_is_drawn(tmp_path, kept, keep_mesh):
    settings = {"extraction": {"keep_mesh": keep_mesh}}
    (row,) = run(make(tmp_path, mesh=kept), settings).to_dicts()
    assert drawn(tmp_path, row) == (True, False)


def test_where_nothing_was_visible_nothing_is_drawn_and_a_video_that_is_gone_is_left_out(tmp_path, capsys):
    (row,) = run(make(tmp_path, seen=False)).to_dicts()
    assert row["drawn"] is None
    assert [path.name for path in (tmp_path / "gallery").glob("*.jpg")] == ["cluster-01-1.jpg"]
    (tmp_path / "a.mp4").unlink()
    assert run(tmp_path).is_empty()
    assert "a: no pictures (there is no video)" in capsys.readouterr().out
