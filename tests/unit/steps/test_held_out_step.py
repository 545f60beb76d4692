"""The step held_out on files, from meshes on: who is measured against whose neutral face."""

import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from moodreel.classify.held_out import unit_columns
from moodreel.errors import UserError
from moodreel.face.head_pose import CANONICAL_HEAD
from moodreel.features import bins
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.windows import require_kept
from moodreel.steps import evaluate, face, held_out, neutral, windows
from moodreel.tables import base
from moodreel.tables.classify import FOLDS, SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE, MOVEMENTS
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.held_out import HELD_OUT
from moodreel.tables.videos import VIDEOS
from unit.face.faces import displace
from unit.face.meshes import write_mesh
from unit.steps import small_run
from unit.steps.calls import table_of

VIDEO = {"p0": (0, "smile"), "p1": (0, "jaw"), "p2": (1, "brows"), "p3": (1, "frown"), "q0": (0, "smile"),
         "r0": (1, "jaw"), "r1": (1, "smile"), "s0": (0, "jaw"), "s1": (1, "brows")}  # fmt: skip
"""The fold and the expression of each video; its name begins with the performer's. Those of `s` come from files."""
SHAPES = {
    "smile": displace({(61,): (-0.08, -0.08, 0), (0, 37, 39): (0, 0.01, 0)}),
    "jaw": displace({(14, 87): (0, 0.15, 0), (17, 84): (0, 0.15, 0), (18, 200): (0, 0.12, 0)}),
    "brows": displace({(107, 55, 66, 65, 70, 46, 63, 53): (0, -0.07, 0)}),
    "frown": displace({(61,): (0, 0.08, 0)}),
}
SECTIONS = {
    "windows": {"length_s": 1.0, "stride_s": 1.0},
    "features": {"groups": ["action_units", "presence", "sides", "speeds", "head_pose"]},
    "embed": {"rate_hz": 5.0},
}


def _run(folder: Path, module: ModuleType, sections: dict | None = None, **given: object) -> None:
    small_run.step(folder, module, SECTIONS | (sections or {}), **given)


def _folder(video: str) -> Path:
    return Path("videos") / video / "networks"


def _mesh(video: str) -> Path:
    return Path("meshes") / f"{video}.parquet"


def _read_face(folder: Path, video: str) -> None:
    out = {"out": _folder(video) / "face.parquet", "movements_out": _folder(video) / "movements.parquet"}
    _run(folder, face, mesh=_mesh(video), neutral=f"{video[0]}.parquet", **out)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with the tables of nine videos, the features and folds of a run, and its held_out.parquet."""
    folder = tmp_path_factory.mktemp("held_out")
    (folder / "meshes").mkdir()
    for video, (_, expression) in VIDEO.items():
        acted = SHAPES[expression]
        write_mesh(folder / _mesh(video), [CANONICAL_HEAD] * 15 + [acted] * 35 + [None] * 2 + [CANONICAL_HEAD] * 23)
        (folder / _folder(video)).mkdir(parents=True)
        pose = table_of(POSE, {"frame": range(75), "time_s": np.arange(75) / 25, "cut": False, "status": "no_person"})
        base.write(folder / _folder(video) / "pose.parquet", POSE, pose, {})
    for who in "pqrs":
        meshes = [_mesh(video) for video in VIDEO if video[0] == who]
        _run(folder, neutral, performer=who, meshes=meshes, out=f"{who}.parquet")
    for video in VIDEO:
        _read_face(folder, video)
        if video[0] == "s":
            (folder / _folder(video) / "movements.parquet").unlink()
    ids, folders = [*VIDEO], [str(_folder(v)) for v in VIDEO]
    files = ["s.csv" if v[0] == "s" else None for v in VIDEO]
    columns = {"video": ids, "performer": [v[0] for v in VIDEO], "face_file": files}
    base.write_tsv(folder / "videos.tsv", VIDEOS, table_of(VIDEOS, columns, folder=folders, face_folder=folders))
    screened = table_of(SCREENING, {"video": ids, "kept": True, "frames": 75})
    base.write_tsv(folder / "screening.tsv", SCREENING, screened)
    out = {"features_out": "features.parquet", "windows_out": "windows.parquet"}
    _run(folder, windows, videos="videos.tsv", screening="screening.tsv", **out)
    index = require_kept(base.read(folder / "windows.parquet", WINDOWS))
    fold = pl.col("video").replace_strict({v: number for v, (number, _) in VIDEO.items()}, return_dtype=pl.Int32)
    by_video = index.with_columns(protocol=pl.lit("grouped"), group=pl.lit("video"), fold=fold)
    base.write(folder / "folds.parquet", FOLDS, by_video.select(FOLDS.names), {})
    _made(folder)
    return folder


def _made(folder: Path, out: str = "held_out.parquet", **sections: object) -> pl.DataFrame:
    given = {"videos": "videos.tsv", **{n: f"{n}.parquet" for n in ("features", "windows", "folds")}}
    _run(folder, held_out, sections, **given, out=out)
    return base.read(folder / out, HELD_OUT)


def _shared(folder: Path) -> FeatureMatrix:
    """The run's features, as every other protocol sees them."""
    index = require_kept(base.read(folder / "windows.parquet", WINDOWS))
    return bins.read(
        folder / "features.parquet",
        ["action_units", "presence", "sides", "speed_action_units", "head_pose"],
        index,
        5.0,
    )


def _with_video(table: pl.DataFrame, matrix: FeatureMatrix) -> pl.DataFrame:
    of_row = pl.DataFrame({"first_row": matrix.first_row, "video": np.array(matrix.videos)[matrix.video]})
    return table.join(of_row, on="first_row", how="left")


def test_only_performers_with_videos_to_hold_out_are_measured_again(run):
    table = _with_video(base.read(run / "held_out.parquet", HELD_OUT), _shared(run))
    by_fold = {fold: set(part["video"]) for (fold,), part in table.group_by("fold")}
    assert by_fold == {0: {"p0", "p1", "p2", "p3"}, 1: {"p0", "p1", "p2", "p3", "r0", "r1"}}
    assert list(table.columns[2:-1]) == unit_columns(_shared(run).columns)
    assert table.group_by("fold", "video").len()["len"].unique().to_list() == [15]
    notes = base.read_stamp(run / "held_out.parquet")["notes"]
    assert len(notes) == 1 and "2 videos, such as 'r0', whose performer has none there, against their own" in notes[0]


def test_with_one_resting_face_for_all_it_is_what_the_run_has(run, monkeypatch):
    """The same neutral face, found without meshes, changes little; and everything else is made alike."""
    everyone = {v: tuple(w for w in VIDEO if w[0] == v[0]) for v in VIDEO if v[0] != "s"}
    monkeypatch.setattr("moodreel.classify.held_out.neutral_videos", lambda *_: everyone)
    table, matrix = _made(run, "same.parquet").filter(fold=0), _shared(run)
    values = matrix.values[np.searchsorted(matrix.first_row, table["first_row"].to_numpy())]
    for name in table.columns[2:]:
        ours, theirs = table[name].fill_null(float("nan")).to_numpy(), values[:, matrix.columns.index(name)]
        assert (np.isnan(ours) == np.isnan(theirs)).all(), name
        assert np.nanmedian(np.abs(ours - theirs)) < 0.05, name
    assert np.nanmax(np.abs(table["AU12_r"].to_numpy())) > 2


def test_what_a_test_video_shows_changes_nothing_of_the_training_videos(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    write_mesh(other / _mesh("p0"), [SHAPES["frown"]] * 75)
    _read_face(other, "p0")
    before = _with_video(base.read(run / "held_out.parquet", HELD_OUT), _shared(run))
    after = _with_video(_made(other), _shared(run))
    training = pl.col("video").is_in(["p2", "p3"])
    assert before.filter(training, fold=0).equals(after.filter(training, fold=0))
    assert not before.filter(training, fold=1).equals(after.filter(training, fold=1))
    assert not before.filter(video="p0", fold=0).equals(after.filter(video="p0", fold=0))


def test_nothing_is_to_do_where_each_video_has_its_own_resting_face(run):
    table = _made(run, "none.parquet", action_units={"neutral": "video"})
    assert table.is_empty()
    assert base.read_stamp(run / "none.parquet")["notes"] == []


def test_training_videos_without_a_face_leave_a_test_video_its_own(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    for video in ("p2", "p3"):
        path = other / _folder(video) / "face.parquet"
        unsure = base.read(path, FACE).with_columns(confidence=pl.lit(0.5, pl.Float32))
        base.write(path, FACE, unsure, {})
    table = _with_video(_made(other), _shared(run)).filter(fold=0)
    assert table.filter(video="p2")["AU12_r"].null_count() == 15
    assert table.filter(video="p0")["AU12_r"].max() > 2


def test_movements_of_another_face_table_are_refused(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    path = other / _folder("p1") / "movements.parquet"
    base.write(path, MOVEMENTS, base.read(path, MOVEMENTS)[:-1], {})
    with pytest.raises(UserError, match="another face.parquet"):
        _made(other)


class _TwoClusters:
    """In place of the pipeline, which is not what is tested and takes a while to start."""

    k_ = 2

    def __init__(self, *_: object) -> None:
        pass

    def fit(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> "_TwoClusters":
        return self

    def assign(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        return np.arange(len(windows)) % 2 + 1


def test_the_evaluation_sees_them_in_folds_by_video_only(tmp_path, monkeypatch):
    monkeypatch.setattr("moodreel.clusters.pipeline.ClusterPipeline", _TwoClusters)
    small_run.make(tmp_path)
    sections = small_run.settings(nulls=0)
    small_run.fold(tmp_path, sections)
    grid = np.arange(0, 8 * 150, 5)
    blank = pl.DataFrame({"fold": 0, "first_row": grid, "AU01_r": 0.0, "AU12_r": 0.0})
    blank = blank.cast({"fold": pl.Int32, "AU01_r": pl.Float32, "AU12_r": pl.Float32})
    base.write(tmp_path / "held_out.parquet", HELD_OUT, blank, {"notes": ["blank in fold 0"]})
    given = {**small_run.INPUTS, "held_out": "held_out.parquet", **small_run.evaluation_of(0)}
    small_run.step(tmp_path, evaluate, sections, **given)
    scores = base.read(tmp_path / "scores-0.parquet", SCORES)
    scores = scores.filter(classifier="knn", labels="truth", metric="accuracy")
    found = {(group, fold): value for group, fold, value in scores.select("group", "fold", "value").rows()}
    assert found["video", 0] < 0.9
    assert {key: value for key, value in found.items() if key != ("video", 0)} == {
        ("video", 1): 1, ("window", 0): 1, ("window", 1): 1,
    }  # fmt: skip
    assert "blank in fold 0" in base.read_stamp(tmp_path / "scores-0.parquet")["notes"]
