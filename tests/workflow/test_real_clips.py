"""Real clips through the whole chain; skipped where ../shared is absent."""

import polars as pl
import pytest

from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.features import SCREENING
from workflow.workplace import Workplace

CLIPS = {
    "half_body": ("intel_asl_please.mkv", ""),
    "full_body": ("tfjs_pose_squats.mp4", ""),
    "close_up": ("pyfeat_single_face.mp4", ""),
    "turned": ("intel_asl_again_rot90.mp4", ""),
    "cartoon": ("pyfeat_no_face.mp4", ""),
    "bottle": ("intel_bottle.mp4", "4"),
    "corrupted": ("decord_corrupted.mp4", ""),
}


@pytest.fixture(scope="module")
def real(shared, models_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    rows = [f"{name}\t{shared}/data/videos/{file}\t\t\t\t{end}\n" for name, (file, end) in CLIPS.items()]
    (folder / "videos.tsv").write_text("video\tsource\tperformer\temotion\tstart_s\tend_s\n" + "".join(rows))
    config = {
        "run": "real",
        "videos": "videos.tsv",
        "windows": {"stride_s": 1.0},
        "clusters": {"k": 2, "resamples": 2, "nulls": 1},
        "classify": {"classifiers": ["knn"], "nulls": 1, "permutations": 19, "folds": 2, "groups": ["video"]},
        "models": {"folder": str(models_folder)},
    }
    place = Workplace(folder, config)
    place.snakemake()
    return place


def test_what_cannot_be_used_is_dropped_with_the_right_reason(real):
    screening = base.read_tsv(real.run / "screening.tsv", SCREENING)
    dropped = dict(screening.filter(~pl.col("kept")).select("video", "reason").iter_rows())
    assert set(dropped) == {"cartoon", "bottle", "corrupted", "full_body"}
    assert "min_face_share" in dropped["cartoon"]
    assert "min_face_share" in dropped["bottle"]
    assert "max_damaged_share" in dropped["corrupted"]
    assert dropped["full_body"].startswith("no action unit was measured"), "the face never looks into the camera"


@pytest.mark.parametrize("video", ["half_body", "full_body", "close_up", "turned"])
def test_faces_are_found_through_the_head(real, video):
    folder = next((real.folder / "results" / "videos" / video).glob("blazepose-*"))
    mesh = base.read(folder / "mesh.parquet", MESH)
    assert (mesh["status"] == "ok").mean() >= 0.95
    assert base.read(folder / "pose.parquet", POSE).height == mesh.height


def test_the_part_in_the_table_is_what_is_read_and_the_run_ends_with_its_report(real):
    folder = next((real.folder / "results" / "videos" / "bottle").glob("blazepose-*"))
    times = base.read(folder / "pose.parquet", POSE)["time_s"]
    assert times[0] == 0 and 3.9 < times[-1] < 4.0
    assert (real.run / "report.html").stat().st_size > 100_000
