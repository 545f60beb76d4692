"""What a run has exported, taken over by another that never sees a video."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moodreel.films import word
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.videos import VIDEOS
from workflow.conftest import QUICK
from workflow.workplace import Workplace

HEADER = "video\tsource\tperformer\temotion\tpose_backend\tpose_file\tface_backend\tface_file\trate_hz\n"


def exported(chain: Workplace) -> list[dict]:
    """The videos of the chain that were kept, with what was exported of them."""
    exports = chain.run / "exports"
    videos = base.read_tsv(chain.run / "videos.tsv", VIDEOS).filter(kind="builtin").rows(named=True)
    zips, csvs = exports / "openpose", exports / "openface"
    return [row | {"json": zips / f"{row['video']}.zip", "csv": csvs / f"{row['video']}.csv"} for row in videos]


def place(folder: Path, models_folder: Path, rows: list[str], **config: object) -> Workplace:
    (folder / "videos.tsv").write_text(HEADER + "".join(f"{row}\n" for row in rows))
    films = {"annotate": {"videos": "all", "height_px": 240}}
    return Workplace(folder, {**QUICK, **films, "run": "imported", "models": {"folder": str(models_folder)}, **config})


@pytest.fixture(scope="module")
def again(chain, models_folder, tmp_path_factory) -> Workplace:
    """The whole chain, from what another run has exported."""
    rows = [
        f"{v['video']}\t\t{v['performer']}\t{v['source'].split('/')[1]}\t\t{v['json']}\t\t{v['csv']}\t25"
        for v in exported(chain)
    ]
    made = place(
        tmp_path_factory.mktemp("imported"), models_folder, rows,
        pose={"backend": "openpose"}, face={"backend": "openface"}, export={"formats": []},
        clusters={"k": 2, "resamples": 2, "nulls": 1},
        classify={"classifiers": ["knn"], "nulls": 1, "folds": 2, "groups": ["video"]},
    )  # fmt: skip
    made.snakemake()
    return made


def test_the_chain_runs_to_the_report_without_a_video(again, chain):
    assert (again.run / "report.html").stat().st_size > 100_000
    screening = base.read_tsv(again.run / "screening.tsv", SCREENING)
    assert screening["kept"].all() and screening.height == len(exported(chain))
    assert not list(again.folder.rglob("*.mp4")), "no film either"
    assert not list(again.folder.rglob("mesh.parquet"))
    assert again.would_run() == set()


def test_tables_come_back_as_they_went(again, chain):
    for video in base.read_tsv(again.run / "videos.tsv", VIDEOS).iter_rows(named=True):
        gone = next(v for v in exported(chain) if v["video"] == video["video"])
        places = ((again.folder, video), (chain.folder, gone))
        poses, before = (base.read(place / row["folder"] / "pose.parquet", POSE) for place, row in places)
        assert np.allclose(poses["time_s"], before["time_s"], atol=1e-3)
        close(poses, before, [c for c in POSE.names if c.endswith(("_x", "_y"))], 0.01)
        faces, before = (base.read(place / row["face_folder"] / "face.parquet", FACE) for place, row in places)
        assert faces["status"].to_list() == before["status"].to_list()
        close(faces, before, [c for c in FACE.names if c.endswith("_r") and c != "AU18_r"], 0.006)
        close(faces, before, ["pitch_deg", "yaw_deg", "roll_deg", "gaze_x_deg", "gaze_y_deg"], 0.2)


def close(a: pl.DataFrame, b: pl.DataFrame, columns: list[str], tolerance: float) -> None:
    for column in columns:
        x, y = (t[column].cast(pl.Float64).fill_null(float("nan")).to_numpy() for t in (a, b))
        assert np.allclose(x, y, atol=tolerance, equal_nan=True), column


def test_a_part_may_be_taken_over_and_the_other_read(chain, models_folder, tmp_path):
    first, second, *_ = exported(chain)
    rows = [
        f"one\t{chain.folder / first['path']}\t\t\t\t\topenface\t{first['csv']}\t",
        f"two\t{chain.folder / second['path']}\t\t\topenpose\t{second['json']}\t\t\t",
    ]
    made = place(tmp_path, models_folder, rows, export={"formats": []})
    films = [f"results/runs/imported/annotated/{video}.mp4" for video in ("one", "two")]
    made.snakemake("--", "results/runs/imported/screening.tsv", *films)
    assert [word.read(made.folder / film)["layers"] for film in films] == [
        ["skeleton", "units"], ["mesh", "skeleton", "box", "units"],
    ]  # fmt: skip
    one, two = (made.folder / v["folder"] for v in base.read_tsv(made.run / "videos.tsv", VIDEOS).iter_rows(named=True))
    assert not (one / "mesh.parquet").exists()
    assert set(base.read(two / "mesh.parquet", MESH)["status"]) == {"ok"}
    read = base.read(chain.folder / first["folder"] / "pose.parquet", POSE)
    assert base.read(one / "pose.parquet", POSE)["nose_x"].equals(read["nose_x"])
    assert base.read(one / "face.parquet", FACE)["time_s"].equals(read["time_s"])


def test_the_wrong_file_drops_its_video_and_is_reported_with_both_numbers(chain, models_folder, tmp_path):
    first, *_ = exported(chain)
    short = tmp_path / "short.csv"
    short.write_text("".join(first["csv"].read_text().splitlines(keepends=True)[:50]))
    row = f"one\t{chain.folder / first['path']}\t\t\t\t\topenface\t{short}\t"
    made = place(tmp_path, models_folder, [row], export={"formats": []})
    made.snakemake("--", "results/runs/imported/screening.tsv")
    (screened,) = base.read_tsv(made.run / "screening.tsv", SCREENING).rows(named=True)
    assert not screened["kept"] and screened["reason"].startswith("unusable_import")
    assert "49" in screened["reason"] and "125" in screened["reason"]
