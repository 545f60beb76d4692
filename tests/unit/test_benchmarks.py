"""The pure parts of the benchmarks: ratios, errors, looped frames, and the names of the figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks import clip, extraction, figures, ours, table, throughput
from benchmarks.timing import Seconds

from clips import write_clip
from moodreel.errors import UserError
from moodreel.face.mesh.tracker import EYE_CORNERS
from moodreel.networks.requests import answer
from moodreel.pose import Pose
from moodreel.video.decode import Frame, frames

ROOT = Path(__file__).parents[2]


def runs(*cpu_s: float) -> list[Seconds]:
    return [Seconds(wall=10 * cpu_s, cpu=cpu_s) for cpu_s in cpu_s]


def test_a_ratio_is_that_of_the_medians():
    slow, fast = [Seconds(8, 6), Seconds(9, 90), Seconds(80, 5)], runs(1, 3, 2)
    assert figures.ratio(slow, fast, "cpu") == 3
    assert figures.ratio(slow, fast, "wall") == pytest.approx(9 / 20)


def faces(count: int = 3) -> np.ndarray:
    points = np.random.default_rng(0).uniform(0, 100, (count, 478, 2))
    points[:, EYE_CORNERS[0]], points[:, EYE_CORNERS[1]] = (30, 50), (80, 50)
    return points


def test_the_face_error_is_a_share_of_the_distance_between_the_eyes():
    reference = faces()
    assert figures.face_error(reference, reference) == 0
    assert figures.face_error(reference + np.array((3, 4)), reference) == pytest.approx(5 / 50)
    assert figures.face_error(2 * (reference + np.array((3, 4))), 2 * reference) == pytest.approx(5 / 50)


def test_frames_without_a_face_do_not_count():
    reference = faces()
    points = reference + np.array((3, 4))
    points[0], reference[1] = np.nan, np.nan
    assert figures.face_error(points, reference) == pytest.approx(5 / 50)
    points[2] = np.nan
    with pytest.raises(ValueError, match="no frame"):
        figures.face_error(points, reference)


def test_the_pose_error_counts_shown_points_in_torsos():
    reference = np.zeros((2, 25, 2))
    reference[:, figures.TORSO[1]] = (0, 200)
    points, shown = reference + np.array((4, 0)), np.ones((2, 25), bool)
    points[:, 20:] += (996, 0)
    assert figures.pose_error(points, reference, shown) == pytest.approx(4 / 200)
    shown[:, :20] = False
    assert figures.pose_error(points, reference, shown) == pytest.approx(1000 / 200)


def test_two_jobs_are_as_slow_as_the_slower():
    assert figures.gain_of_two([10, 11, 10], [[10, 10], [9, 12.5], [12.5, 12.5]]) == pytest.approx(1.6)


def test_time_per_frame_grows_where_long_files_are_slower():
    assert figures.frame_time_growth(1, {1: 11, 5: 51}, {1: 100, 5: 500}) == pytest.approx(1)
    assert figures.frame_time_growth(1, {1: 11, 5: 56}, {1: 100, 5: 500}) == pytest.approx(1.125)
    assert figures.frame_time_growth(1, {1: 11}, {1: 100}) is None


def test_repeated_frames_run_on_in_time():
    black = np.zeros((2, 2, 3), np.uint8)
    twice = list(clip.repeat([Frame(i, 0.04 * i, black) for i in range(3)], 7))
    assert [frame.index for frame in twice] == list(range(7))
    assert [frame.time_s for frame in twice] == pytest.approx([0.04 * i for i in range(7)])


def test_a_looped_file_is_as_long_as_asked_and_decodes_whole(shared, tmp_path):
    source = shared / "data/videos/tfjs_pose_1.mp4"
    with frames(source) as decoding:
        once = [frame.time_s for frame in decoding]
    clip.write_looped(source, tmp_path / "looped.mp4", 2.5 * once[-1])
    with frames(tmp_path / "looped.mp4") as decoding:
        times = [frame.time_s for frame in decoding]
        assert decoding.corrupt == decoding.mended_times == 0
    assert len(times) == 3 * len(once)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, np.diff(once).mean()), rel=0.2)


def raw(length_min: tuple[float, ...] = (1, 5)) -> dict:
    job = {"wall_s": 2.0, "cpu_s": 1.0, "frames": 1, "peak_mb": 200.0}
    return {
        "mediapipe": [{"startup_s": 0.5, "wall": 40.0, "cpu": 20.0, "faces": 100, "bodies": 100}],
        "ours": runs(8),
        "ours_decoding": runs(10),
        "decoding": runs(2),
        "networks": [
            {"pose_detection": Seconds(1, 1), "pose_landmark_full": Seconds(4, 4)}
            | {"face_detection_short_range": Seconds(1, 1), "face_landmark_with_attention": Seconds(2, 2)}
        ],
        "runs": {"pose_detection": 4, "pose_landmark_full": 100}
        | {"face_detection_short_range": 5, "face_landmark_with_attention": 99},
        "startup": [job],
        "looped": {
            m: {"wall_s": 9.0, "cpu_s": 1 + 10 * m, "frames": int(1000 * m), "peak_mb": 300 + m} for m in length_min
        },
        "one_job": [job],
        "two_jobs": [[job, job | {"wall_s": 2.5}]],
        "tracking_error_face": 0.01,
        "tracking_error_pose": 0.02,
    }


def test_the_figures_have_their_names():
    found = extraction.figures_of(raw(), 100, "cpu")
    named = {key: value for key, value in found.items() if key not in ("raw", "frames_per_s", "peak_mb")}
    assert named == {
        "startup_s": 2.0,
        "startup_mediapipe_s": 0.5,
        "ratio_mediapipe": 2.5,
        "ratio_limit": 1.25,
        "ratio_limit_all_networks": 1.0,
        "frames": 100,
        "model_runs": {"pose": 100, "face": 99},
        "tracking_error_face": 0.01,
        "tracking_error_pose": 0.02,
        "scaling_2_jobs": 1.6,
        "peak_mb_1min": 301,
        "peak_mb_60min": None,
        "frame_time_growth": 1.0,
        "gpu_fps": None,
    }
    assert found["frames_per_s"] == {"ours": 12.5, "ours_with_decoding": 10, "mediapipe": 5}
    assert found["peak_mb"] == {"1": 301, "5": 305}


def test_the_series_are_kept_as_json():
    found = json.loads(json.dumps(extraction.figures_of(raw(), 100, "cpu")))
    assert found["raw"]["ours"] == [{"wall": 80, "cpu": 8}]
    assert found["raw"]["networks"][0]["pose_landmark_full"] == {"wall": 4, "cpu": 4}


def test_one_core_gives_no_scaling():
    assert extraction.figures_of(raw() | {"one_job": None, "two_jobs": None}, 100, "cpu")["scaling_2_jobs"] is None


class Count:
    """A tracker that finds how many pictures it has seen, nothing in the second."""

    def __init__(self) -> None:
        self.pictures = 0

    def follow(self, picture, told):
        self.pictures += 1
        yield from ()
        return Pose("no_person") if self.pictures == 2 else Pose("ok", 1, np.full((25, 3), self.pictures, np.float32))


@pytest.mark.parametrize(("anew", "seen"), [(False, [1, np.nan, 3]), (True, [1, 1, 1])])
def test_a_watched_tracker_follows_or_starts_anew(anew, seen):
    body = ours.RecordingTracker(Count, 25, anew=anew)
    found = [answer(body.follow(None, 0.0)) for _ in range(3)]
    assert np.array_equal(np.array(body.seen)[:, 7, 0], seen, equal_nan=True)
    assert [pose.status == "ok" for pose in found] == np.isfinite(seen).tolist()


def test_a_counted_network_keeps_its_first_inputs(monkeypatch):
    monkeypatch.setattr(ours, "KEPT_INPUTS", 2)
    counted = ours.CountingSession(type("Session", (), {"most": None, "run": lambda self, batch: {"out": batch + 1}})())
    assert [counted.run(np.array(i))["out"] for i in range(3)] == [1, 2, 3]
    assert (counted.runs, counted.inputs) == (3, [0, 1])


def test_the_page_has_the_figures_that_were_measured():
    page = (ROOT / table.PAGE).read_text()
    found = json.loads((ROOT / extraction.RESULTS).read_text())
    assert table.insert(page, table.table(found)) == page, "run `python -m benchmarks.table`"


def made_up(**figures_found) -> dict:
    about = {
        "command": "python -m benchmarks.extraction --clip a.mp4",
        "clip": {"name": "a.mp4", "size_px": "640x480"},
        "load_average_before": [0.5, 0.4, 0.3],
        "load_average_after": [1.5, 1.4, 1.3],
        "libraries": {"numpy": "2.4", "av": "18.0"},
        "processor": "a processor",
        "cores": 2,
        "python": "3.11",
    }
    return extraction.figures_of(raw(), 1234, "cpu") | {"made_by": about} | figures_found


def test_the_table_has_a_line_for_each_figure_with_what_is_wanted():
    lines = table.table(made_up()).splitlines()
    assert lines[0] == "    python -m benchmarks.extraction --clip a.mp4"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")][1:]
    found = {key.strip("`"): (written, wanted) for _, key, written, wanted in rows}
    assert list(found) == [line.key for line in table.LINES]
    assert found["ratio_mediapipe"] == ("2.50", "at least 1.8")
    assert found["frames_per_s"] == ("ours 154, with decoding 123, MediaPipe 62", "")
    assert found["tracking_error_face"] == ("1.00 %", "at most 1.5 %")
    assert found["peak_mb"] == ("1 min: 301 MB, 5 min: 305 MB", "under 700 MB, flat")
    assert lines[-1].startswith("1,234 frames of `a.mp4` (640x480 px) a run; a processor, 2 cores, load average 0.5 ")


def test_what_was_not_run_is_said():
    assert "| `scaling_2_jobs` | not run | at least 1.8 |" in table.table(made_up(scaling_2_jobs=None))


def test_a_table_takes_the_place_of_the_last_one():
    page = f"# Speed\n\n{table.BEGIN}\nold\n{table.END}\n\nThe end.\n"
    placed = table.insert(page, r"| new \1 |")
    assert placed == f"# Speed\n\n{table.BEGIN}\n\n| new \\1 |\n\n{table.END}\n\nThe end.\n"
    assert table.insert(placed, r"| new \1 |") == placed


def test_a_page_without_a_place_for_the_figures_is_told():
    with pytest.raises(ValueError, match="docs/speed.md has no lines"):
        table.insert("# Speed", "| figure |")


@pytest.mark.parametrize(
    ("count", "size", "sizes"), [(40, 1, [1] * 40), (40, 40, [40]), (5, 2, [2, 2, 1]), (3, 40, [3]), (0, 4, [])]
)
def test_jobs_share_all_files(count, size, sizes):
    videos = [Path(f"{number}.mp4") for number in range(count)]
    found = throughput.shares(videos, size)
    assert [len(share) for share in found] == sizes
    assert [video for share in found for video in share] == videos


def test_a_job_without_a_gpu_uses_none():
    with throughput.gpu_use("cpu") as percent:
        pass
    assert percent == []


def test_a_job_that_fails_is_told(tmp_path):
    with pytest.raises(UserError, match="ended with status"):
        throughput.run_job([tmp_path / "absent.mp4"], tmp_path, tmp_path, {})


def test_a_job_tells_its_frames_and_times(models_folder, tmp_path):
    videos = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for video, count in zip(videos, (6, 9), strict=True):
        write_clip(video, np.zeros((count, 32, 48, 3), np.uint8))
    found = throughput.run_job(videos, tmp_path, models_folder, {"extraction": {"lanes": 2}})
    assert found["frames"] == 15
    assert 0 < found["ready_s"] < found["wall_s"]
    assert found["cpu_s"] > 0
    assert throughput.run_job(videos, tmp_path, models_folder, {}, end_s=0.1)["frames"] == 6
