"""The step `emotions` as it is run: a small clip in, one row per frame out."""

import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
import skimage.data

from moodreel import face_crops
from moodreel.errors import UserError
from moodreel.steps import emotions, extract
from moodreel.steps import face_crops as face_crops_step
from moodreel.storage import atomic
from moodreel.tables import base, staging
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.extraction import MESH
from moodreel.tables.face_crops import FACE_CROPS
from unit.steps.calls import call

SETTINGS = {"emotions": {"backend": "fer", "acknowledge": True}}
FRAMES = 4
TIMES_S = [0.0, 0.1, 0.5, 0.6]
"""Of frames that are not equally far apart."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A portrait in frames 0 and 2 to 3, and none in frame 1."""
    path = tmp_path_factory.mktemp("clip") / "there.mp4"
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:400, :400])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10", "bf": "0"})
        stream.width = stream.height = 400
        stream.pix_fmt = "yuv420p"
        for number, time_s in enumerate(TIMES_S):
            frame = av.VideoFrame.from_ndarray(portrait if number != 1 else np.full_like(portrait, 90), format="rgb24")
            frame.pts = round(time_s * 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def run(models: Path, video: Path, folder: Path, settings: dict = SETTINGS, **more: object) -> Path:
    out = folder / "emotions.parquet"
    call(emotions, settings=settings, video=video, models=models, out=out, **more)
    return out


@pytest.mark.parametrize("detector", ["haar", "mtcnn", "facenet"])
def test_each_frame_has_a_row_and_those_without_a_face_no_scores(emotion_models, clip, tmp_path, detector):
    path = run(emotion_models, clip, tmp_path, detector=detector)
    table, stamp = base.read(path, EMOTION_SCORES), base.read_stamp(path)
    assert table["frame"].to_list() == list(range(FRAMES))
    assert table["time_s"].to_list() == pytest.approx(TIMES_S)
    assert table["status"].to_list() == ["ok", "no_face", "ok", "ok"]
    assert table.select("x", *EMOTIONS).row(1) == (None,) * 8
    seen = table.drop_nulls("x")
    assert seen.select(EMOTIONS).sum_horizontal().to_list() == pytest.approx([1] * 3, abs=1e-5)
    assert seen["x"].is_between(150, 220).all() and seen["width"].is_between(60, 130).all(), "where the face is"
    assert table["detector"].unique().to_list() == [detector]
    assert stamp["reason"] is None and stamp["frames_decoded"] == FRAMES
    assert stamp["inputs"] == {str(clip): atomic.sha256(clip)}
    assert stamp["models"]["fer_mini_xception"] == atomic.sha256(emotion_models / "fer_mini_xception.onnx")


@pytest.fixture(scope="module")
def followed(clip, emotion_models, tmp_path_factory) -> Path:
    """The folder with the clip's mesh and, waiting, the crops that were made on the way."""
    folder = tmp_path_factory.mktemp("followed")
    out = {f"{name}_out": folder / f"{name}.parquet" for name in ("pose", "mesh")}
    call(extract, code="by hand", video=clip, models=emotion_models, **out, crops=["fer:c0de", "aligned-64-90:c0de"])
    return folder


def cut_out(clip: Path, folder: Path, out: Path, kind: str = "fer", code: str = "c0de") -> Path:
    """The table of the step face_crops."""
    made = Path(face_crops.path(out, kind))
    made.parent.mkdir(parents=True, exist_ok=True)
    call(face_crops_step, code=code, video=clip, mesh=folder / "mesh.parquet", kind=kind, out=made)
    return made


def test_the_face_that_is_followed_is_scored_without_looking_again(emotion_models, clip, followed, tmp_path):
    crops = cut_out(clip, followed, tmp_path)
    out = tmp_path / "emotions.parquet"
    given = {"settings": SETTINGS, "models": emotion_models, "out": out, "detector": "mesh", "crops": crops}
    call(emotions, **given)
    table, stamp = base.read(out, EMOTION_SCORES), base.read_stamp(out)
    mesh = base.read(followed / "mesh.parquet", MESH)
    assert table["frame"].to_list() == list(range(FRAMES)) and table["time_s"].to_list() == mesh["time_s"].to_list()
    assert (table["status"] == "ok").to_list() == (mesh["status"] == "ok").to_list() == [True, False, True, True]
    assert table["x"].to_list() == [None if x is None else int(np.floor(min(x))) for x in mesh["x"].to_list()]
    assert stamp["frames_decoded"] == FRAMES and stamp["reason"] is None and "form" not in stamp
    assert set(stamp["inputs"]) == {str(crops)}
    with pytest.raises(SystemExit):
        call(emotions, **given, video=clip)


def test_crops_made_on_the_way_are_those_of_one_more_decode_and_are_taken(clip, followed, tmp_path, capsys):
    for kind in ("fer", "aligned-64-90"):
        waiting = staging.path(Path(face_crops.path(followed, kind)))
        assert waiting.is_file()
        again = cut_out(clip, followed, tmp_path, kind)
        assert "one more decode" in capsys.readouterr().out
        assert base.read(again, FACE_CROPS).equals(base.read(waiting, FACE_CROPS))
        assert base.read_stamp(again) == base.read_stamp(waiting)
        copy = shutil.copytree(followed, tmp_path / f"copy-{kind}")
        taken = cut_out(clip, copy, copy, kind)
        assert "cut out before" in capsys.readouterr().out
        assert base.read(taken, FACE_CROPS).equals(base.read(again, FACE_CROPS))
        assert not staging.path(taken).exists()


@pytest.mark.parametrize("changed", ["code", "mesh"])
def test_crops_of_other_code_or_next_to_another_mesh_are_cut_out_again(clip, followed, tmp_path, capsys, changed):
    copy = shutil.copytree(followed, tmp_path / "copy")
    if changed == "mesh":
        mesh = copy / "mesh.parquet"
        stamp = {**base.read_stamp(mesh), "code": "other"}
        base.write(mesh, MESH, base.read(mesh, MESH), stamp)
    made = cut_out(clip, copy, copy, code="newer" if changed == "code" else "c0de")
    assert "one more decode" in capsys.readouterr().out
    assert len(base.read(made, FACE_CROPS)) == FRAMES and not staging.path(made).exists()


def test_a_mesh_of_another_video_is_reported(clip, followed, tmp_path):
    mesh = base.read(followed / "mesh.parquet", MESH)
    for rows, words in ((mesh.head(2), "no row of frame 2"), (pl.concat([mesh, mesh.tail(1)]), "rows of more frames")):
        base.write(tmp_path / "mesh.parquet", MESH, rows, base.read_stamp(followed / "mesh.parquet"))
        with pytest.raises(UserError, match=words):
            cut_out(clip, tmp_path, tmp_path)
        assert not list(tmp_path.rglob("face_crops.parquet"))


def test_a_part_of_the_video_keeps_its_frame_numbers_and_what_cannot_be_read_has_no_rows(
    emotion_models, clip, tmp_path
):
    path = run(emotion_models, clip, tmp_path, detector="haar", start_s=0.1, end_s=0.55)
    assert base.read(path, EMOTION_SCORES)["frame"].to_list() == [1, 2]
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    path = run(emotion_models, broken, tmp_path, detector="haar")
    assert base.read(path, EMOTION_SCORES).is_empty()
    assert base.read_stamp(path)["reason"] == "unreadable"


@pytest.mark.parametrize("settings", [{}, {"emotions": {"backend": "none", "acknowledge": True}}])
def test_nothing_is_scored_unasked(emotion_models, clip, tmp_path, settings):
    with pytest.raises(UserError, match="gives no scores"):
        run(emotion_models, clip, tmp_path, settings, detector="haar")
    assert not (tmp_path / "emotions.parquet").exists()


def test_importing_the_room_imports_neither_torch_nor_tensorflow():
    room = Path(emotions.__file__).parents[1]
    files = [path for folder in ("emotions", "face_crops") for path in sorted((room / folder).rglob("*.py"))]
    names = [".".join(("moodreel", *path.relative_to(room).with_suffix("").parts)) for path in files]
    names = [name.removesuffix(".__init__") for name in names]
    assert {"moodreel.emotions.scorers.hsemotion", "moodreel.emotions.detectors.mtcnn"} < set(names)
    text = f"import sys, importlib; [importlib.import_module(n) for n in {names}]; print({{'torch', 'tensorflow', 'keras'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
