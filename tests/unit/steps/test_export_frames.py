"""The step `export_frames`: everything that was read of a video as one table."""

import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.steps import export_frames
from moodreel.tables import base
from moodreel.tables.frames import FRAMES
from unit.steps import exported
from unit.steps.calls import call

FULL, EMPTY = exported.IDS


@pytest.fixture
def export(tmp_path):
    run = exported.run_of(tmp_path / "run")

    def export_to(name: str, video: str = FULL, tables: str | None = None):
        given = {part: run / (tables or video) / f"{part}.parquet" for part in ("pose", "face")}
        out = tmp_path / "frames" / name
        call(export_frames, video_id=video, screening=run / "screening.tsv", out=out, **given)
        return out

    return export_to


def test_parquet_and_csv_have_the_same_frames(export):
    parquet, text = base.read(export("a.parquet"), FRAMES), pl.read_csv(export("a.csv"))
    assert text.columns == parquet.columns == FRAMES.names
    assert parquet["kept"].to_list() == text["kept"].to_list() == [True] * 90 + [False] * 10
    assert text["AU12_r"].max() == parquet["AU12_r"].max() == 2.5
    assert text["nose_x"].to_list() == pytest.approx(parquet["nose_x"].to_list())
    assert set(text["reason"].drop_nulls()) == {"no body (no_person); no face (no_face)"}


def test_a_video_without_frames_has_a_header(export):
    assert pl.read_csv(export("b.csv", EMPTY)).columns == FRAMES.names


def test_a_video_that_was_not_screened_is_a_mistake(export):
    with pytest.raises(UserError, match=r"has no video other; give one of its ids"):
        export("c.csv", "other", FULL)
