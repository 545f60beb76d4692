import math

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from moodreel.face.trust import verdict
from moodreel.formats import events
from moodreel.settings import export
from moodreel.settings.export import ExportSettings
from moodreel.tables.base import polars_schema
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.events import EVENTS
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.features import WINDOWS

RATE_HZ = 25
QUICK, CLOSING = (ExportSettings(min_event_s=0, max_gap_s=frames / RATE_HZ) for frames in (0, 2))
LONG = ExportSettings(min_event_s=3 / RATE_HZ, max_gap_s=1 / RATE_HZ)


class TestIntervals:
    @pytest.mark.parametrize(
        ("series", "settings", "expected"),
        [
            ([0, 0.9, 1.0, 2, 0.8, 0.7, 0.69, 0.9, 0], QUICK, [(2, 6)]),
            ([0.8, 0.99, 0.8], QUICK, []),
            ([2, 2, math.nan, 0.9, 2], QUICK, [(0, 2), (4, 5)]),
            ([2, 0, 0, 2, 0, 0, 0, 2], CLOSING, [(0, 4), (7, 8)]),
            ([2, 0, math.nan, 2], CLOSING, [(0, 1), (3, 4)]),
            ([2, 2, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 2], LONG, [(5, 8), (10, 13)]),
            ([0, 0, 2], QUICK, [(2, 3)]),
            ([], QUICK, []),
            ([math.nan] * 5, QUICK, []),
        ],
        ids=["onset and offset", "below the onset", "unseen", "near", "unseen between", "short ones after gaps are closed",
             "the last frame", "no frames", "nothing seen"],
    )  # fmt: skip
    def test_frames_of_events(self, series, settings, expected):
        times_s = np.arange(len(series)) / RATE_HZ
        found = events.intervals(times_s, np.array(series, float), settings)
        assert [(round(start * RATE_HZ), round(end * RATE_HZ)) for start, end, *_ in found] == expected

    def test_the_peak_is_the_first_highest_frame(self):
        ((_, _, peak, peak_s),) = events.intervals(np.arange(5) / 25, np.array([1, 2, 3.5, 3.5, 1.0]), QUICK)
        assert (peak, peak_s) == (3.5, 2 / 25)

    def test_frames_of_different_lengths_count_by_time(self):
        time_s, settings = np.array([0, 0.04, 0.24, 0.28]), ExportSettings(min_event_s=0.2)
        assert events.intervals(time_s, np.array([0, 2, 0, 0.0]), settings)[0][:2] == (0.04, 0.24)
        assert events.intervals(np.array([0.0]), np.array([2.0]), QUICK) == []  # how long is not known

    def test_no_event_spans_a_hole(self):
        time_s = np.concatenate([np.arange(5) / 25, 100 + np.arange(5) / 25])
        found = events.intervals(time_s, np.full(10, 2.0), QUICK)
        assert [event[:2] for event in found] == [(0, pytest.approx(0.2)), (100, pytest.approx(100.2))]
        rare = events.intervals(np.arange(6) / 2, np.array([0, 2, 2, 0, 0, 0.0]), QUICK)
        assert [event[:2] for event in rare] == [(0.5, 1.5)]


def face_of(frames=50, **columns):
    known = {"frame": np.arange(frames), "time_s": np.arange(frames) / RATE_HZ, "status": ["ok"] * frames, **columns}
    nothing = [pl.lit(None).alias(name) for name in FACE.names if name not in known]
    return pl.DataFrame(known).with_columns(nothing).select(FACE.names).cast(dict(polars_schema(FACE)))


def windows_of(labels, video="a", stride=2.0, spec=WINDOWS, column="label"):
    known = {"video": video, "first_row": 0, "rows": 50, "valid_share": 1.0, "performer": "p", "distance": 0.5}
    rows = [
        known | {"window": n, "start_s": n * stride, "end_s": n * stride + 2, column: label}
        for n, label in enumerate(labels)
    ]
    return pl.DataFrame(rows, schema=polars_schema(spec) | ({"label": pl.String} if spec is WINDOWS else {}))


def clusters_of(numbers, **options):
    return windows_of(numbers, spec=CLUSTERS, column="cluster", **options)


def events_of(face=None, windows=None, clusters=None, settings=None, **more):
    """Events of the video `a`, of which nothing was found unless it is given."""
    given = zip((face, windows, clusters), (face_of(), windows_of([]), clusters_of([])), strict=True)
    tables = [nothing if table is None else table for table, nothing in given]
    return events.of("a", *tables, settings or ExportSettings(), **{"backend": "x", **more})


class TestOfAVideo:
    def test_units_clusters_and_labels_stand_in_one_table(self):
        series = np.zeros(50)
        series[10:20] = 2.5
        found = events_of(
            face_of(AU12_r=series, AU04_r=series + 1),
            pl.concat([windows_of(["calm", "calm", None, "glad"]), windows_of(["sad"], video="b")]),
            pl.concat([clusters_of([3, 3, 1]), clusters_of([2], video="b")]),
            names={1: "smiling"},
            backend="facemesh",
        )
        assert found.schema == polars_schema(EVENTS)
        assert found.drop("peak", "peak_s", "trust").rows() == [
            ("a", "AU04", "brow lowerer", 0.0, 2.0),
            ("a", "AU12", "lip corner puller", 0.4, 0.8),
            ("a", "cluster", "cluster 3", 0.0, 4.0),
            ("a", "cluster", "smiling", 4.0, 6.0),
            ("a", "emotion", "calm", 0.0, 4.0),
            ("a", "emotion", "glad", 6.0, 8.0),
        ]
        assert found["peak"].to_list() == [3.5, 2.5, None, None, None, None]
        assert found["peak_s"].to_list() == [0.4, 0.4, None, None, None, None]
        judged = [verdict("facemesh", 4), verdict("facemesh", 12)]
        assert found["trust"].to_list() == [*judged, None, None, None, None]

    def test_only_the_chosen_units(self):
        face = face_of(AU12_r=np.full(50, 3.0), AU04_r=np.full(50, 3.0))
        assert events_of(face, settings=ExportSettings(units=[12]))["tier"].to_list() == ["AU12"]

    @pytest.mark.parametrize(("stride", "bounds"), [(1.0, [0, 2.5, 3.5, 5]), (0.5, [0, 1.75, 2.25, 3.5])])
    def test_where_windows_overlap_each_moment_has_one_cluster(self, stride, bounds):
        found = events_of(clusters=clusters_of([1, 1, 2, 1], stride=stride))
        assert found["value"].to_list() == ["cluster 1", "cluster 2", "cluster 1"]
        assert [*found["start_s"], found["end_s"][-1]] == bounds
        assert found["end_s"][:-1].to_list() == found["start_s"][1:].to_list()

    def test_windows_apart_are_events_apart(self):
        found = events_of(clusters=clusters_of([1, 1], stride=3.0))
        assert found.select("start_s", "end_s").rows() == [(0.0, 2.0), (3.0, 5.0)]

    def test_an_empty_video_gives_a_table_without_rows(self, tmp_path):
        found = events_of(face_of(0))
        assert found.is_empty() and found.schema == polars_schema(EVENTS)
        events.write(tmp_path / "a.csv", found)
        assert (tmp_path / "a.csv").read_text() == "video,tier,value,start_s,end_s,peak,peak_s,trust\n"


def test_the_csv_holds_the_table_to_the_microsecond(tmp_path):
    made = events_of(face_of(AU12_r=np.linspace(0, 3, 50)), windows_of(['a "b", c']), settings=QUICK)
    events.write(tmp_path / "a.csv", made)
    back = pl.read_csv(tmp_path / "a.csv")
    assert back["value"].to_list() == ["lip corner puller", 'a "b", c']
    numbers = ("start_s", "end_s", "peak", "peak_s")
    assert_frame_equal(back.select(numbers), made.select(numbers), check_dtypes=False, abs_tol=1e-6, rel_tol=0)


class TestSettings:
    def test_the_units_are_those_of_the_face_table(self):
        assert tuple(ACTION_UNITS) == export.UNITS

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"onset": 0.5, "offset": 0.8}, "offset (0.8) must not exceed onset (0.5)"),
            ({"units": [12, 99]}, "no action units 99; allowed: 1, 2, 4"),
            ({"formats": ["csv"]}, "openface"),
        ],
    )
    def test_what_cannot_be(self, wrong, message):
        with pytest.raises(ValidationError) as error:
            ExportSettings(**wrong)
        assert message in str(error.value)


def scores_of(*emotions: str | None) -> pl.DataFrame:
    """EMOTION_SCORES of frames in which an emotion has the highest score, which falls from frame to frame."""
    rows = []
    for n, one in enumerate(emotions):
        scores = dict.fromkeys(EMOTIONS, 0.0) | {one: 0.9 - n / 1000} if one else {}
        row = {"frame": n, "time_s": n / 25, "status": "ok" if one else "no_face", "faces": int(one is not None)}
        rows.append(row | {"detector": "mesh"} | scores)
    return pl.DataFrame(rows, schema=polars_schema(EMOTION_SCORES))


def test_stretches_of_one_emotion_are_events_and_short_ones_are_left_out():
    frames = ["happy"] * 10 + ["sad"] * 2 + ["happy"] * 5 + [None] * 3 + ["happy"] * 5
    found = events_of(scores=scores_of(*frames)).filter(tier=events.SCORES)
    assert found["value"].to_list() == ["happy"] * 3, "two frames are shorter than min_event_s"
    starts_s, ends_s, peaks = [0.0, 12 / 25, 20 / 25], [10 / 25, 17 / 25, 25 / 25], [0.9, 0.888, 0.88]
    for column, values in {"start_s": starts_s, "end_s": ends_s, "peak": peaks, "peak_s": starts_s}.items():
        assert found[column].to_list() == pytest.approx(values, abs=1e-6)
    assert found["trust"].null_count() == 3
    assert events.of_scores(scores_of(), ExportSettings()) == []


def test_frames_that_were_not_read_end_no_event():
    read = np.arange(50) % 10 == 0
    shown = np.where(read & (np.arange(50) < 30), 2.0, np.where(read, 0.0, np.nan))
    face = face_of(AU12_r=shown, status=np.where(read, "ok", "not_imported"))
    settings = ExportSettings(units=[12], min_event_s=0.5)
    assert [(e["start_s"], e["end_s"]) for e in events.of_units(face, settings)] == [(0, pytest.approx(1.2))]
    unseen = face.with_columns(status=pl.when(pl.Series(read)).then("status").otherwise(pl.lit("no_face")))
    assert events.of_units(unseen, settings) == []
