"""The steps `export` and `export_events`: a video's tables in the formats of others, and back."""

import shutil
import zipfile
from pathlib import Path

import polars as pl
import pytest
from pympi.Elan import Eaf

from moodreel.face import trust
from moodreel.face.trust import Verdict, verdict
from moodreel.formats import openface, openpose
from moodreel.steps import export, export_events
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.trust import UNIT_TRUST
from moodreel.workflow.plan.runs import EXPORTS
from unit.steps import exported
from unit.steps.calls import call, table_of

FULL, EMPTY = exported.IDS


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return exported.run_of(tmp_path_factory.mktemp("run"))


def export_to(run, out, video=FULL, formats=("openface", "trust", "openpose", "events"), more=None, **settings):
    """Export to where the rules want it."""
    inputs = {
        export: {name: run / video / f"{name}.parquet" for name in ("pose", "face")},
        export_events: {
            "face": run / video / "face.parquet",
            **{name: run / f"{name}.parquet" for name in ("labels", "windows", "clusters")},
        },
    }
    seen = {export: {"export": settings}}
    seen[export_events] = seen[export] | {"clusters": {"names": {1: "beaming"}}}
    for step, tables in inputs.items():
        files = EXPORTS[step.main.name]
        zipped = {"openpose": "openpose/{video}.zip"} if settings.get("openpose_as") != "folder" else {}
        paths = {
            f"{name}_out": out / {**files, **zipped}[name].format(video=video) for name in formats if name in files
        }
        accepted = {name: value for name, value in (more or {}).items() if name in step.main.inputs | step.main.options}
        if paths:
            call(step, settings=seen[step], video_id=video, **{**tables, **accepted, **paths})


def test_the_tables_come_back(run, tmp_path):
    export_to(run, tmp_path)
    pose, back = base.read(run / FULL / "pose.parquet", POSE), openpose.read(tmp_path / "openpose" / f"{FULL}.zip")
    assert back["status"].to_list() == pose["status"].to_list()
    for point in BODY_25:
        assert ((back[f"{point}_x"] - pose[f"{point}_x"]).abs().max() or 0) < 6e-4
    face, back = base.read(run / FULL / "face.parquet", FACE), openface.read(tmp_path / "openface" / f"{FULL}.csv")
    assert back["status"].to_list() == face["status"].to_list()
    for column in ("AU12_r", "AU12_c", "AU14_r", "yaw_deg"):
        assert back[column].null_count() == face[column].null_count()
        assert ((back[column] - face[column]).abs().max() or 0) < 1e-3
    trusted = base.read_tsv(tmp_path / "openface" / f"{FULL}.trust.tsv", UNIT_TRUST)
    assert trusted.equals(trust.table("facemesh")) and len(trusted) == len(ACTION_UNITS)


def test_the_events(run, tmp_path):
    export_to(run, tmp_path, formats=["events"])
    assert pl.read_csv(tmp_path / "events" / f"{FULL}.csv").rows() == [
        (FULL, "AU04", "brow lowerer", 2.0, 2.4, 1.5, 2.0, verdict("facemesh", 4)),
        (FULL, "AU12", "lip corner puller", 0.8, 1.6, 2.5, 0.8, verdict("facemesh", 12)),
        (FULL, "cluster", "cluster 2", 0.0, 2.0, None, None, None),
        (FULL, "cluster", "beaming", 2.0, 4.0, None, None, None),
        (FULL, "emotion", "smile", 0.0, 4.0, None, None, None),
    ]


@pytest.fixture
def judged(monkeypatch):
    """The verdicts with facemesh, made up: 4 is not to be used, 12 is, all others are not judged."""
    known = {("facemesh", 4): Verdict.DO_NOT_USE, ("facemesh", 12): Verdict.USE}
    monkeypatch.setattr(trust, "_verdicts", lambda: known)


def test_elan_names_the_units_that_are_not_to_be_trusted(run, tmp_path, judged):
    export_to(run, tmp_path, formats=["elan"])
    eaf = Eaf(str(tmp_path / "elan" / f"{FULL}.eaf"))
    names = eaf.get_tier_names()
    assert {"AU04 (do not use)", "AU05 (not judged)", "AU12", "cluster", "emotion"} <= set(names)
    assert not {"AU04", "AU05", "AU12 (use)"} & set(names)
    assert eaf.get_annotation_data_for_tier("AU04 (do not use)") == [(2500, 2900, "1.50")]
    assert eaf.get_parameters_for_tier("AU04 (do not use)")["LINGUISTIC_TYPE_REF"] == "action unit"


def test_who_has_read_the_face_decides(run, tmp_path, judged):
    """Of a table that OpenFace made nothing is judged, and of one that does not say who made it neither."""
    for stamp in ({"face_backend": "openface"}, {}):
        other = tmp_path / "tables" / FULL
        base.write(other / "face.parquet", FACE, base.read(run / FULL / "face.parquet", FACE), stamp)
        base.write(other / "pose.parquet", POSE, base.read(run / FULL / "pose.parquet", POSE), {})
        for name in ("windows", "labels", "clusters"):
            shutil.copy(run / f"{name}.parquet", tmp_path / "tables")
        export_to(tmp_path / "tables", tmp_path / "out", formats=["events", "trust"])
        found = pl.read_csv(tmp_path / "out/events" / f"{FULL}.csv").filter(pl.col("tier").str.starts_with("AU"))
        assert set(found["trust"]) == {"not judged"}
        neighbours = base.read_tsv(tmp_path / "out/openface" / f"{FULL}.trust.tsv", UNIT_TRUST)
        assert set(neighbours["verdict"]) == {"not judged"}


def test_without_clusters_events_have_no_tier_of_them(run, tmp_path):
    """No table of clusters, and one without rows that says why."""
    base.write(tmp_path / "none.parquet", CLUSTERS, CLUSTERS.empty(), {"missing": "1 window, and 3 are needed"})
    for path in (None, tmp_path / "none.parquet"):
        export_to(run, tmp_path, formats=["events", "elan"], more={"clusters": path})
        found = pl.read_csv(tmp_path / "events" / f"{FULL}.csv")["tier"].unique()
        assert set(found) == {"AU04", "AU12", "emotion"}
        assert "cluster" not in Eaf(str(tmp_path / "elan" / f"{FULL}.eaf")).get_tier_names()


def test_elan_shows_the_players_time(run, tmp_path):
    media = tmp_path / "videos" / "smile.mp4"  # is not there
    export_to(run, tmp_path, formats=["elan"], more={"media": media})
    eaf = Eaf(str(tmp_path / "elan" / f"{FULL}.eaf"))
    assert eaf.get_annotation_data_for_tier("AU12") == [(1300, 2100, "2.50")]
    assert eaf.get_annotation_data_for_tier("emotion") == [(500, 4500, "smile")]
    tiers = [name.split()[0] for name in eaf.get_tier_names()]
    assert "AU04" in tiers and not {"AU14", "AU23"} & set(tiers)
    assert eaf.get_linked_files()[0]["RELATIVE_MEDIA_URL"] == "../videos/smile.mp4"


def test_a_video_without_rows_gives_whole_files_without_rows(run, tmp_path):
    export_to(run, tmp_path, EMPTY)
    assert zipfile.ZipFile(tmp_path / "openpose" / f"{EMPTY}.zip").namelist() == []
    assert pl.read_csv(tmp_path / "openface" / f"{EMPTY}.csv").columns[:3] == ["frame", "face_id", "timestamp"]
    assert pl.read_csv(tmp_path / "events" / f"{EMPTY}.csv").is_empty()
    export_to(run, tmp_path, EMPTY, formats=["elan"])
    assert set(Eaf(str(tmp_path / "elan" / f"{EMPTY}.eaf")).get_tier_names()) == {"cluster", "emotion"}


def test_json_in_a_folder_and_absent_columns_as_the_settings_say(run, tmp_path):
    export_to(run, tmp_path, formats=["openpose", "openface"], openpose_as="folder", absent="null")
    assert len(list((tmp_path / "openpose" / FULL).iterdir())) == exported.FRAMES
    head = (tmp_path / "openface" / f"{FULL}.csv").read_text().splitlines()[0]
    assert "AU14_r" in head and "pose_Tx" in head


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"openpose_out": "p", "openface_out": "o", "face": "f"}, "--pose"),
        ({"scores_out": "s"}, "--emotions"),
    ],
)
def test_what_a_format_needs_is_asked_for(given, missing, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("f").touch()
    with pytest.raises(SystemExit):
        call(export, video_id="a", **given)
    assert f"also give {missing}\n" in capsys.readouterr().err


def test_emotion_scores_are_a_table_and_a_tier(run, tmp_path):
    """Of a video whose frames show one emotion throughout."""
    face = base.read(run / FULL / "face.parquet", FACE)
    seen = {"status": "ok", "detector": "mesh", "faces": 1, "x": 0, "y": 0, "width": 9, "height": 9}
    scores = dict.fromkeys(EMOTIONS, 0.1) | {"sad": 0.4, "frame": face["frame"], "time_s": face["time_s"]}
    path = tmp_path / "emotions.parquet"
    base.write(path, EMOTION_SCORES, table_of(EMOTION_SCORES, scores, **seen), {})
    export_to(run, tmp_path, formats=("scores", "events", "elan"), more={"emotions": path})
    written = pl.read_csv(tmp_path / "emotions" / f"{FULL}.csv")
    assert written.columns == EMOTION_SCORES.names and written["sad"].to_list() == pytest.approx([0.4] * len(face))
    found = pl.read_csv(tmp_path / "events" / f"{FULL}.csv").filter(tier="emotion_scores")
    assert found["value"].to_list() == ["sad"] and found["start_s"][0] == pytest.approx(face["time_s"][0])
    assert 'TIER_ID="emotion_scores"' in (tmp_path / "elan" / f"{FULL}.eaf").read_text()
