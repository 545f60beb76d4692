"""A small study from tables of frames to models, and the models applied to its own videos and to bad input."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from moodreel.classify import applying, description
from moodreel.classify.saved import load
from moodreel.classify.series import bin_features
from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.features import matrix
from moodreel.settings.features import FeaturesSettings
from moodreel.steps import apply as apply_step
from moodreel.steps import train, windows
from moodreel.tables import base
from moodreel.tables.applied import APPLIED, MODEL_MUSIC, REFERENCE_SPACE
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.emotions import EMOTIONS as FER
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from unit.steps.calls import call, table_of

SETTINGS = {
    "features": {"groups": ["action_units", "head_pose", "body"]},
    "classify": {"classifiers": ["svm", "knn"]},
    "clusters": {"names": {"1": "smiling"}},
}
EMOTIONS = ("joy", "anger")
SHOWN = {"joy": "AU12_r", "anger": "AU04_r"}
PERFORMERS = ("anna", "ben")
SCORING = "emotions-haar-01234567"
LEARNT = ["AU01_r", "AU04_r", "AU12_r", "pitch_deg"]
LEARNING = {name: f"{name}.parquet" for name in ("features", "windows", "labels", "clusters")}
MUSIC = {"videos": "videos.tsv", "soundtracks": "{video}/soundtrack.parquet"}
"""What training reads of a run, and what it reads more where music is learnt."""
CUTTING = {"videos": "videos.tsv", "screening": "screening.tsv"}
CUT = {f"{name}_out": f"{name}.parquet" for name in ("features", "windows")}
"""What the step windows reads and writes."""


def scores(face: pl.DataFrame) -> pl.DataFrame:
    """EMOTION_SCORES of the frames of a FACE table: happy where there is a smile, else angry."""
    happy = (face["AU12_r"] / 4).clip(0, 1)
    values = dict.fromkeys(FER, 0.0) | {"happy": happy, "angry": 1 - happy}
    values |= dict.fromkeys(("faces", "x", "y", "width", "height"), 1)
    return table_of(EMOTION_SCORES, face.select("frame", "time_s", "status").to_dict(), detector="haar", **values)


def frames(emotion: str, *, turned_deg: float = 0.0, seconds: float = 7, seed: int = 0) -> tuple[pl.DataFrame, ...]:
    """POSE and FACE of a recording at 25 Hz of somebody who nods a little and shows an emotion."""
    rng = np.random.default_rng(seed)
    n = round(seconds * 25)
    both = {"frame": np.arange(n), "time_s": np.arange(n) / 25, "status": "ok"}
    pose = {**both, "cut": False}
    places = {"neck": (200, 200), "left_shoulder": (240, 200), "right_shoulder": (160, 200), "nose": (200, 140)}
    for point, xy in places.items():
        pose |= {f"{point}_{axis}": v + rng.normal(size=n) for axis, v in zip("xy", xy, strict=True)}
    face = both | {unit: np.abs(rng.normal(size=n)) * 0.3 for unit in LEARNT[:3]}
    face[SHOWN[emotion]] = face[SHOWN[emotion]] + 3
    face["pitch_deg"] = turned_deg + rng.normal(size=n) * 2
    return table_of(POSE, pose), table_of(FACE, face)


def write(folder: Path, pose: pl.DataFrame, face: pl.DataFrame) -> Path:
    base.write(folder / "pose.parquet", POSE, pose, {})
    base.write(folder / "face.parquet", FACE, face, {})
    made = {"settings": {"emotions": {"backend": "fer"}, "detector": "haar"}}
    base.write(folder / SCORING / "emotions.parquet", EMOTION_SCORES, scores(face), made)
    return folder


def in_run(folder: Path, **files: str) -> dict[str, Path]:
    """Files of a folder by what they are given as."""
    return {name: folder / file for name, file in files.items()}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The run's folder: eight videos, two performers who hold their heads 20 degrees apart, two emotions, and models."""
    folder = tmp_path_factory.mktemp("run")
    videos, screening, emotions = [], [], {}
    for number in range(8):
        performer, emotion = PERFORMERS[number % 2], EMOTIONS[number // 2 % 2]
        video = f"v{number}"
        write(folder / video, *frames(emotion, turned_deg=20.0 * (number % 2), seed=number))
        sound = {"scope": ["track", "passage"], "start_s": 0.0, "end_s": 7.0, "loudness_lufs": -20.0}
        sound |= {"brightness_hz": 500.0 * 2**number, "register_midi": 60.0 + number}
        base.write(folder / video / "soundtrack.parquet", SOUNDTRACK, table_of(SOUNDTRACK, sound), {})
        emotions[video] = emotion
        places = dict.fromkeys(("folder", "face_folder"), str(folder / video))
        videos.append({"video": video, "kind": "none", "performer": performer, "path": "a.mp4", **places})
        screening.append({"video": video, "kept": True, "frames": 175})
    base.write_tsv(folder / "videos.tsv", VIDEOS, table_of(VIDEOS, videos))
    base.write_tsv(folder / "screening.tsv", SCREENING, table_of(SCREENING, screening))
    call(windows, settings={"features": SETTINGS["features"]}, **in_run(folder, **CUTTING, **CUT))
    labels = base.read(folder / "windows.parquet", WINDOWS).with_columns(label=pl.col("video").replace_strict(emotions))
    base.write(folder / "labels.parquet", LABELS, labels.select(LABELS.names), {})
    numbers = pl.col("label").replace_strict({"joy": 1, "anger": 2})
    clusters = labels.filter(pl.col("reason").is_null()).with_columns(cluster=numbers, distance=0.0)
    base.write(folder / "clusters.parquet", CLUSTERS, table_of(CLUSTERS, clusters), {})
    call(train, settings=SETTINGS, **in_run(folder, **LEARNING, **MUSIC, out="models"))
    return folder


@pytest.fixture
def apply(run, tmp_path):
    """Applies the run's models to the tables in a folder: the table APPLIED and its stamp."""

    def applied(folder: Path, models: Path = run / "models", **options: object) -> tuple[pl.DataFrame, dict]:
        tables = in_run(folder, pose="pose.parquet", face="face.parquet")
        out = tmp_path / "emotions.parquet"
        call(apply_step, **{"models": models, **tables, "out": out, **options})
        return base.read(out, APPLIED), base.read_stamp(out)

    return applied


@pytest.mark.parametrize("classifier", ["knn", "svm"])
def test_its_own_videos_get_the_series_and_labels_of_the_training_features(run, apply, classifier):
    model, given = load(run / "models" / f"{classifier}.skops"), matrix.read(run / "features.parquet")
    table = base.read(run / "windows.parquet", WINDOWS).filter(pl.col("reason").is_null())
    series = bin_features(given, table, FeaturesSettings(**SETTINGS["features"]), 5.0).series(model.scaler)
    described = description.read(run / "models")
    for video, performer in (("v0", "anna"), ("v3", "ben")):
        own = (table["video"] == video).to_numpy()
        found, stamp = apply(run / video, classifier=classifier, performer=performer, video=video)
        done = found.filter(pl.col("reason").is_null())
        assert done["cluster"].cast(pl.String).to_list() == model.clusters.predict(series[own]).tolist()
        assert done["label"].to_list() == model.truth.predict(series[own]).tolist()
        assert done["start_s"].to_list() == table.filter(own)["start_s"].to_list()
        assert f"medians of the performer '{performer}'" in stamp["centred"]
        pose, face = (base.read(run / video / f"{spec.name}.parquet", spec) for spec in (POSE, FACE))
        recording = applying.read_recording(pose, face, described, video=video, performer=performer)
        mine = model.series(recording.matrix, recording.windows.filter(recording.usable))
        assert np.array_equal(mine, series[own]), "to the last bit"


@pytest.mark.parametrize(("backend", "doubted"), [("facemesh", True), ("openface", False), (None, False)])
def test_units_that_the_recordings_backend_misreads_are_reported(
    run, apply, tmp_path, monkeypatch, capsys, backend, doubted
):
    """The training's units were imported; the recording's are read by a backend that is not to be trusted with AU4."""
    monkeypatch.setattr(trust, "_verdicts", lambda: {("facemesh", unit): Verdict.DO_NOT_USE for unit in (4, 17)})
    new = write(tmp_path / "new", *frames("anger"))
    base.write(new / "face.parquet", FACE, base.read(new / "face.parquet", FACE), {"face_backend": backend})
    found, stamp = apply(new)
    assert found["cluster"].drop_nulls().len() == 3
    output = capsys.readouterr().out
    if doubted:
        assert stamp["doubtful_units"].startswith("AU04, not to be used with facemesh")
        assert "WARNING: the classifier uses action units that cannot be trusted here: AU04, not" in output
    else:
        assert stamp["doubtful_units"] is None and "WARNING" not in output


def test_a_new_performer_is_centred_by_their_own_medians(apply, tmp_path):
    new = write(tmp_path / "new", *frames("anger", turned_deg=50, seed=99))
    found, stamp = apply(new)
    done = found.filter(pl.col("reason").is_null())
    assert done.select("cluster", "nearest", "label", "cluster_name").rows() == [(2, 2, "anger", "cluster 2")] * 3
    assert not done["far"].all() and "own medians" in stamp["centred"]
    assert found["reason"].to_list() == [None, None, None, "partial"]
    as_ben, _ = apply(new, performer="ben")
    assert as_ben["far"].drop_nulls().all()
    assert as_ben["distance"].drop_nulls().min() > 1.5 * done["distance"].max()


def test_probabilities_of_those_who_give_them(run, apply):
    knn, stamp = apply(run / "v0")
    done = knn.filter(pl.col("reason").is_null())
    columns = ("classifier", "cluster_name", "p_cluster_1", "cluster_probability", "p_label_anger")
    assert done.select(columns).rows() == [("knn", "smiling", 1, 1, 0)] * 3
    assert set(knn["classifier"]) == {"knn"}
    assert stamp["probabilities"] == "not calibrated"
    svm, stamp = apply(run / "v0", classifier="svm")
    assert svm.select("cluster_probability", "label_probability", "p_cluster_1").null_count().row(0) == (4, 4, 4)
    assert stamp["probabilities"] == "none: svm gives none"


def test_music_is_of_the_same_cluster_and_not_the_own(run, apply):
    found, _ = apply(run / "v0", video="v0")
    tracks = set(found.filter(pl.col("reason").is_null())["track"])
    assert tracks <= {"v1", "v4", "v5"}
    assert found.filter(pl.col("reason") == "partial")["track"].to_list() == [None]
    stranger, _ = apply(run / "v0", performer="anna")
    assert stranger["track"].drop_nulls().to_list() == ["v0"] * 3
    assert stranger["track_start_s"].drop_nulls().to_list() == [0, 2, 4]
    assert stranger["track_score"].drop_nulls().to_list() == pytest.approx([1, 1, 1], abs=1e-4)


def test_the_last_frames(run, apply):
    found, _ = apply(run / "v2", last_frames=110)
    assert found["start_s"].round(2).to_list() == [3, 5]
    assert found["label"].to_list() == ["anger", "anger"]
    with pytest.raises(UserError, match="--last-frames 0"):
        apply(run / "v2", last_frames=0)


def test_text_holds_the_same(run, apply, tmp_path):
    found, _ = apply(run / "v1")
    call(apply_step, models=run / "models", **in_run(run / "v1", pose="pose.parquet", face="face.parquet"),
         out=tmp_path / "emotions.tsv")  # fmt: skip
    columns = ("label", "p_label_joy")
    assert base.read_tsv(tmp_path / "emotions.tsv", APPLIED).select(columns).equals(found.select(columns))


def test_a_recording_without_a_face_says_so(apply, tmp_path, capsys):
    pose, face = frames("joy")
    nobody = face.with_columns(pl.lit(None).alias(c) for c in LEARNT).with_columns(status=pl.lit("no_face"))
    found, stamp = apply(write(tmp_path / "new", pose, nobody))
    assert found["reason"].to_list() == ["gaps", "gaps", "gaps", "partial"]
    assert found["label"].null_count() == found["track"].null_count() == 4
    assert "3 windows with too few times" in stamp["reason"]
    assert stamp["reason"] in capsys.readouterr().out


@pytest.mark.parametrize(("seconds", "rows", "why"), [(1.5, ["partial"], "longer than"), (0, [], "no frames")])
def test_a_recording_that_is_too_short_says_so(apply, tmp_path, seconds, rows, why):
    new = write(tmp_path / "new", *frames("joy", seconds=seconds))
    for options in ({}, {"last_frames": 200}):
        found, stamp = apply(new, **options)
        assert found["reason"].to_list() == rows
        assert why in stamp["reason"]


def test_columns_that_are_never_seen_are_named(apply, tmp_path):
    pose, face = frames("joy")
    found, stamp = apply(write(tmp_path / "new", pose, face.with_columns(AU01_r=pl.lit(None, pl.Float32))))
    assert stamp["unseen_columns"] == ["AU01_r"]
    assert found["label"].drop_nulls().to_list() == ["joy"] * 3
    blank = [pl.lit(None, pl.Float32).alias(c) for c in LEARNT]
    no_body = [pl.lit(None, pl.Float32).alias(c) for c in pose.columns if c.endswith(("_x", "_y"))]
    with pytest.raises(UserError, match="none of the features"):
        apply(write(tmp_path / "blank", pose.with_columns(no_body), face.with_columns(blank)))


def restamped(path: Path, **changes: object) -> None:
    stamp = json.dumps({**base.read_stamp(path), **changes}).encode()
    pq.write_table(pq.read_table(path).replace_schema_metadata({base.STAMP_KEY: stamp}), path)


def test_tables_of_two_recordings_of_another_version_or_without_columns_are_refused(apply, tmp_path):
    pose, face = frames("joy")
    with pytest.raises(UserError, match="175 frames and the face table 100"):
        apply(write(tmp_path / "new", pose, face.head(100)))
    new = write(tmp_path / "new", pose, face)
    restamped(new / "face.parquet", schema_version=1)
    with pytest.raises(UserError, match=r"expected a face table of version 2.*of version 1"):
        apply(new)
    write(new, pose, face)
    kept = pq.read_table(new / "face.parquet").drop_columns(["AU12_r", "pitch_deg"])
    pq.write_table(kept, new / "face.parquet")
    restamped(new / "face.parquet", table="face", schema_version=FACE.version)
    with pytest.raises(UserError, match=r"columns that are missing here: AU12_r, pitch_deg"):
        apply(new)
    with pytest.raises(UserError, match="no such file"):
        apply(tmp_path)


@pytest.fixture
def copied(run, tmp_path) -> Path:
    """A copy of the models that may be spoilt."""
    return shutil.copytree(run / "models", tmp_path / "models")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 0}, r"format 0, this moodreel reads format 1.*Train again"),
        ({"tables": {"pose": 2, "face": 1}}, r"tables of other versions: face 1 \(now 2\)"),
        ({"unit": "many"}, r"not the description of a model(.|\n)*unit"),
        ({"fingerprint": "0123"}, r"knn\.skops: belongs to another training"),
        ({"unit": float("nan")}, r"not the description of a model(.|\n)*unit"),
        ({"rate_hz": -1}, r"not the description of a model(.|\n)*rate_hz"),
        ({"columns": []}, r"not the description of a model(.|\n)*each feature once"),
        ({"clusters": {}}, r"not the description of a model(.|\n)*a cluster that is not among clusters"),
        ({"classifiers": {"../other": {"clusters": [], "labels": [], "probabilities": True}}}, "no such features"),
        ({"classifiers": {"knn": {"clusters": [], "labels": ["x"], "probabilities": True}}}, r"knn\.skops: damaged"),
        ({"owners": ["x" * 10**6]}, "not the description of a model"),
        ({"stamp": {}}, "without the settings"),
        ({"sounds": {}}, r"music\.parquet: damaged or forged"),
    ],
)
def test_models_of_other_versions_or_trainings_are_refused(run, apply, copied, changes, message):
    described = json.loads((copied / "model.json").read_text())
    (copied / "model.json").write_text(json.dumps(described | changes))
    with pytest.raises(UserError, match=message):
        apply(run / "v0", models=copied)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", "[]", "{", '{"format": 1}', "\udcff"])
def test_a_description_that_is_none_is_refused(run, apply, copied, text):
    (copied / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"model\.json: .*Train again"):
        apply(run / "v0", models=copied)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("space", lambda table: table.head(5)),
        ("space", lambda table: table.with_columns(number=pl.lit(99, pl.Int32))),
        ("space", lambda table: table.with_columns(bin=pl.lit(10**9, pl.Int32))),
        ("space", lambda table: table.with_columns(pl.lit(float("nan"), pl.Float32).alias("AU01_r"))),
        ("space", lambda table: table.drop("AU01_r")),
        ("music", lambda table: table.drop("c0")),
        ("music", lambda table: table.with_columns(track=pl.lit("nobody"))),
    ],
)
def test_a_damaged_part_is_refused(run, apply, copied, part, change):
    path = copied / f"{part}.parquet"
    spec = {"space": REFERENCE_SPACE, "music": MODEL_MUSIC}[part]
    base.write(path, spec, change(base.read(path, spec)), base.read_stamp(path))
    with pytest.raises(UserError, match=rf"{part}\.parquet: damaged or forged.*Train again"):
        apply(run / "v0", models=copied)


def test_parts_of_another_training_and_no_models_are_refused(run, apply, copied, tmp_path):
    restamped(copied / "space.parquet", fingerprint="0123")
    for options, message in (
        ({"models": copied}, r"space\.parquet: belongs to another training"),
        ({"models": tmp_path}, r"model\.json is missing"),
        ({"classifier": "mlp"}, r"--classifier mlp: not among the saved ones: svm, knn"),
        ({"out": tmp_path / "emotions.csv"}, r"\.parquet or \.tsv"),
    ):
        with pytest.raises(UserError, match=message):
            apply(run / "v0", **options)


def test_the_folder_holds_nothing_that_runs_and_says_what_it_is(run):
    models = run / "models"
    assert {p.suffix for p in models.iterdir()} == {".json", ".parquet", ".skops"}
    described = json.loads((models / "model.json").read_text())
    assert described["owners"] == ["anna", "ben"]
    assert {c["name"]: c["unit"] for c in described["columns"]}["pitch_deg"] == "deg"
    assert {c["name"] for c in described["columns"] if c["used"]} >= {*LEARNT, "nose_x"}
    assert {"name": "smiling", "windows": 12}.items() <= described["clusters"]["1"].items()
    assert base.read(models / "music.parquet", MODEL_MUSIC)["track"].n_unique() == 8


def test_what_was_not_learnt_stays_null(run, apply, tmp_path):
    one = base.read(run / "clusters.parquet", CLUSTERS).with_columns(cluster=pl.lit(1, pl.Int32))
    base.write(tmp_path / "clusters.parquet", CLUSTERS, one, {})
    other = in_run(tmp_path, clusters="clusters.parquet", out="models")
    call(train, settings=SETTINGS, **(in_run(run, **LEARNING, **MUSIC) | other))
    found, _ = apply(run / "v2", models=tmp_path / "models")
    assert found["cluster"].null_count() == found["cluster_probability"].null_count() == 4
    assert found["nearest"].drop_nulls().to_list() == [1, 1, 1]
    assert found["label"].drop_nulls().to_list() == ["anger"] * 3
    assert found["track"].drop_nulls().to_list() == ["v2"] * 3
    assert not [c for c in found.columns if c.startswith("p_cluster")]


def test_training_without_the_music_pairs_nothing(run, apply, tmp_path):
    call(train, settings=SETTINGS, **in_run(run, **LEARNING), out=tmp_path / "models")
    found, _ = apply(run / "v0", models=tmp_path / "models")
    assert found["label"].drop_nulls().to_list() == ["joy"] * 3
    assert found["track"].null_count() == 4


def test_a_model_of_emotion_scores_takes_those_of_the_recording(run, apply, tmp_path):
    """In the set `emotions` nothing but scores is learnt; a recording's have to be of the same network and detector."""
    features = {"set": "emotions", "center": "none"}
    made = in_run(tmp_path, **CUT)
    call(windows, settings={"features": features}, **in_run(run, **CUTTING), emotions=SCORING, **made)
    columns = [c for c in pq.read_schema(tmp_path / "features.parquet").names if c.startswith("emotion_")]
    assert len(columns) == 7 == len(pq.read_schema(tmp_path / "features.parquet").names) - 3
    models = tmp_path / "models"
    tables = in_run(run, **LEARNING) | in_run(tmp_path, features="features.parquet", windows="windows.parquet")
    call(train, settings={**SETTINGS, "features": features}, **tables, out=models)
    described = json.loads((models / "model.json").read_text())
    assert described["emotions"] == {"backend": "fer", "detector": "haar"}

    new = write(tmp_path / "new", *frames("joy", seed=99))
    own = new / SCORING / "emotions.parquet"
    found, stamp = apply(new, emotions=own, models=models)
    assert found.filter(pl.col("reason").is_null())["label"].to_list() == ["joy"] * 3
    assert str(own) in stamp["inputs"]
    with pytest.raises(UserError, match="give the recording's as --emotions, made by fer on faces that haar finds"):
        apply(new, models=models)
    other = base.read_stamp(own)["settings"] | {"detector": "mesh"}
    base.write(own, EMOTION_SCORES, base.read(own, EMOTION_SCORES), {"settings": other})
    with pytest.raises(UserError, match="scores of fer on faces by mesh, and .* on those of fer on faces by haar"):
        apply(new, emotions=own, models=models)
