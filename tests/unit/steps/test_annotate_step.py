"""The step `annotate` as it is run: a video and its tables in, a film out."""

from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.films import drawing, film, word
from moodreel.steps import annotate
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.video.decode import frames
from unit.films import material
from unit.steps.calls import call


def run(
    folder: Path, tables: dict[str, Path], span: dict[str, float] | None = None, *, video: str = "v.mp4",
    built_in: bool | None = None, **settings,
) -> Path:  # fmt: skip
    out = folder / "annotated" / "v.mp4"
    given = {"run_name": "r", "video_id": "v", "video": folder / video, "built_in": built_in, **tables, **(span or {})}
    call(annotate, settings={"annotate": settings, "features": {"units": "trusted"}}, **given, out=out)
    return out


def shown(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with frames(path) as decoding:
        found = list(decoding)
    return [frame.time_s for frame in found], [frame.picture for frame in found]


@pytest.fixture
def tables(tmp_path) -> dict[str, Path]:
    material.write_video(tmp_path / "v.mp4")
    return material.write_tables(tmp_path)


def test_a_film_has_the_video_s_frames_and_times_and_sound(tmp_path, tables):
    out = run(tmp_path, tables)
    times_s, pictures = shown(out)
    assert times_s == pytest.approx(material.TIMES_S, abs=1e-9)
    late, alike = material.lag(tmp_path / "v.mp4", out, 0.0)
    assert late == 0 and alike > 0.99
    seen, gone = (picture[:120, :160].astype(int) for picture in pictures[:2])
    box = (seen[40, 70:90] > 200).all()
    assert box and np.ptp(gone[30:60, 20:140]) < 12, "nothing on the frame in which no face was seen"
    assert word.read(out) == {
        "run": "r", "video": "v", "code": "c0de", "layers": ["mesh", "skeleton", "box", "units"], "height_px": None,
        "units": "trusted", "start_s": None, "end_s": None, "tables": [path.as_posix() for path in tables.values()],
        "av": av.__version__,
    }  # fmt: skip


def test_a_part_has_its_own_frames_and_sound(tmp_path):
    material.write_video(tmp_path / "v.mp4")
    kept_s = [time_s for time_s in material.TIMES_S if 0.15 <= time_s < 0.9]
    first_s = kept_s[0]
    tables = material.write_tables(tmp_path, kept_s, first=material.TIMES_S.index(first_s))
    out = run(tmp_path, tables, {"start_s": 0.15, "end_s": 0.9})
    assert shown(out)[0] == pytest.approx([time_s - first_s for time_s in kept_s], abs=1e-9)
    late, alike = material.lag(tmp_path / "v.mp4", out, first_s)
    assert late == 0 and alike > 0.99
    begin_s, samples = material.heard(out)
    assert begin_s + len(samples) / material.RATE_HZ == pytest.approx(0.9 - first_s, abs=0.03)


@pytest.mark.parametrize("part", [{}, {"start_s": 0.2}])
def test_sound_keeps_step_where_the_picture_begins_late(tmp_path, part):
    material.write_video(tmp_path / "v.mkv", picture_s=0.25)
    kept_s = [time_s for time_s in material.TIMES_S if time_s >= part.get("start_s", 0)]
    tables = material.write_tables(tmp_path, kept_s, first=material.TIMES_S.index(kept_s[0]))
    out = run(tmp_path, tables, part, video="v.mkv")
    late, _ = material.lag(tmp_path / "v.mkv", out, kept_s[0])
    assert abs(late) <= 48, "a millisecond, to which Matroska rounds"


def test_height_and_layers_are_those_of_the_settings(tmp_path, tables):
    pose = {"pose": tables["pose"]}
    films = (run(tmp_path, pose, layers=["skeleton"], height_px=height_px) for height_px in (None, 64))
    whole, half = (shown(film)[1][0] for film in films)
    assert whole.shape[0] - half.shape[0] >= 50


@pytest.mark.parametrize("how", ["said by the plan", "said by the video", "not at all"])
def test_no_emotion_is_named_of_synthetic_videos(monkeypatch, tmp_path, tables, how):
    comment = "synthetic: made on the spot" if how == "said by the video" else ""
    material.write_video(tmp_path / "v.mp4", comment=comment)
    calls = []
    monkeypatch.setattr(drawing, "scores_group", lambda detector, *, unnamed: calls.append(unnamed))
    out = run(tmp_path, tables, built_in=how == "said by the plan" or None, layers=["box", "scores"])
    assert calls == [how != "not at all"]
    with av.open(str(out)) as container:
        assert container.metadata["comment"].startswith("synthetic" if comment else "Made by")


def test_a_video_that_could_not_be_read_has_a_card_that_says_why(tmp_path):
    (tmp_path / "v.mp4").write_text("not a video")
    out = run(tmp_path, {"pose": material.write_empty(tmp_path, "unreadable")})
    assert word.read(out)["reason"] == "unreadable" and word.read(out)["layers"] == []
    times_s, pictures = shown(out)
    assert len(times_s) > 1 and pictures[0].std() > 5


def test_layers_are_those_that_were_read(tmp_path, tables):
    imported = {"pose": tables["pose"], "face": tables["face"]}
    assert word.read(run(tmp_path, imported))["layers"] == ["skeleton", "units"]
    unread = {"status": pl.lit("not_read"), "neck_x": pl.lit(None, pl.Float32)}
    base.write(tables["pose"], POSE, base.read(tables["pose"], POSE).with_columns(**unread), {})
    assert word.read(run(tmp_path, tables))["layers"] == ["mesh", "box", "units"]


def test_tables_of_another_video_make_no_film(tmp_path, tables):
    material.write_video(tmp_path / "v.mp4", material.TIMES_S[:5])
    with pytest.raises(UserError, match="it has 13 rows, and the video 5 frames"):
        run(tmp_path, tables)
    (tmp_path / "v.mp4").write_text("not a video any more")
    with pytest.raises(UserError, match="it has 13 rows, and .*too damaged to open"):
        run(tmp_path, tables)
    assert not list((tmp_path / "annotated").glob("*")), "not even a part of one"


def test_units_that_are_not_to_be_used_are_left_out_unless_all_are_asked_for():
    trusted, every = (film.units_shown("facemesh", chosen) for chosen in ("trusted", "all"))
    assert set(every) - set(trusted) == {4, 17}
    assert not {14, 23} & set(every), "which the mesh does not show"
    assert film.units_shown("openface", "trusted") == film.units_shown("openface", "all")
