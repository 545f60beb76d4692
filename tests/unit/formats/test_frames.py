"""A video frame by frame: what counts, and what other programs read."""

import csv

import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.formats import frames
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.frames import FRAMES
from unit.steps.calls import table_of

BOTH, FACE_ONLY, BODY_ONLY = (FeaturesSettings(groups=g) for g in (["gaze", "body"], ["gaze"], ["body", "speeds"]))
STATUSES = {"pose": ["ok", "no_person", "ok", "no_person"], "face": ["ok", "ok", "low_confidence", "no_face"]}


def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Four frames: both are seen, the face alone, the body alone, neither."""
    known = {"frame": range(4), "time_s": [n / 25 for n in range(4)]}
    pose = table_of(POSE, known, status=STATUSES["pose"], cut=False, nose_x=[10.25, None, 11.5, None])
    face = table_of(
        FACE, known, status=STATUSES["face"], confidence=[0.9, 0.4, 0.2, None], AU12_r=[1.5, 0.1, None, None]
    )
    return pose, face


@pytest.mark.parametrize(
    ("features", "screen", "reasons"),
    [
        (BOTH, {}, [None, "no body (no_person)", "no face (low_confidence)", "no body (no_person); no face (no_face)"]),
        (FACE_ONLY, {}, [None, None, "no face (low_confidence)", "no face (no_face)"]),
        (BODY_ONLY, {}, [None, "no body (no_person)", None, "no body (no_person)"]),
        (
            FACE_ONLY, {"level": "row", "min_face_confidence": 0.5},
            [None, "no face (below screen.min_face_confidence)", "no face (low_confidence)", "no face (no_face)"],
        ),
    ],
)  # fmt: skip
def test_a_frame_counts_where_it_shows_what_the_features_are_made_of(features, screen, reasons):
    table = frames.join("a", *tables(), False, features, ScreenSettings(**screen))
    assert table["reason"].to_list() == reasons
    assert table["kept"].to_list() == [reason is None for reason in reasons]
    assert table["pose_status"].to_list() == STATUSES["pose"] and table["face_status"].to_list() == STATUSES["face"]
    assert FRAMES.conform(table).num_rows == 4


def test_no_frame_of_a_dropped_video_counts():
    table = frames.join("a", *tables(), True, BOTH, ScreenSettings())
    assert not table["kept"].any() and table["reason"].str.starts_with("video dropped, see screening.tsv").all()


def test_tables_of_other_frames_are_refused():
    pose, face = tables()
    with pytest.raises(UserError, match="not of the same frames"):
        frames.join("a", pose.head(3), face, False, BOTH, ScreenSettings())


def test_the_csv_comes_back_with_empty_cells_and_plain_numbers(tmp_path):
    table = frames.join("a", *tables(), False, BOTH, ScreenSettings())
    frames.write_csv(tmp_path / "a.csv", table)
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == FRAMES.names and len(rows) == 4
    assert [row["nose_x"] for row in rows] == ["10.25", "", "11.5", ""]
    assert (rows[0]["kept"], rows[0]["reason"], rows[1]["kept"]) == ("true", "", "false")
    back = pl.read_csv(tmp_path / "a.csv", schema=base.polars_schema(FRAMES))
    assert back.equals(table.cast(dict(base.polars_schema(FRAMES))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula_in_a_spreadsheet(start, tmp_path):
    text = f"{start}1+1|a"
    table = frames.join(text, *tables(), False, BOTH, ScreenSettings()).with_columns(nose_x=pl.lit(-2.5))
    frames.write_csv(tmp_path / "a.csv", table)
    back = pl.read_csv(tmp_path / "a.csv")
    assert set(back["video"]) == {f"'{text}"} and set(back["nose_x"]) == {-2.5}, "numbers may be negative"
