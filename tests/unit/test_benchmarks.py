"""The pure parts of the benchmarks: ratios, errors, looped frames, and the names of the figures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from benchmarks import clip, extraction, figures, ours
from benchmarks.timing import Seconds

from moodreel.face.mesh.facemesh import EYE_CORNERS
from moodreel.pose import Pose
from moodreel.video.decode import Frame, frames


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
    assert figures.scaling([10, 11, 10], [[10, 10], [9, 12.5], [12.5, 12.5]]) == pytest.approx(1.6)


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
        "in_turns": runs(6.5),
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
        "ratio_limit_in_turns": pytest.approx(10 / 10.5),
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

    def follow(self, picture, told) -> Pose:
        self.pictures += 1
        return Pose("no_person") if self.pictures == 2 else Pose("ok", 1, np.full((25, 3), self.pictures, np.float32))


@pytest.mark.parametrize(("anew", "seen"), [(False, [1, np.nan, 3]), (True, [1, 1, 1])])
def test_a_watched_tracker_follows_or_starts_anew(anew, seen):
    body = ours.Watched(Count, 25, anew=anew)
    found = [body.follow(None, 0.0) for _ in range(3)]
    assert np.array_equal(np.array(body.seen)[:, 7, 0], seen, equal_nan=True)
    assert [pose.status == "ok" for pose in found] == np.isfinite(seen).tolist()


def test_a_counted_network_keeps_its_first_inputs(monkeypatch):
    monkeypatch.setattr(ours, "KEPT_INPUTS", 2)
    counted = ours.Counted(type("Session", (), {"run": lambda self, batch: {"out": batch + 1}})())
    assert [counted.run(np.array(i))["out"] for i in range(3)] == [1, 2, 3]
    assert (counted.runs, counted.inputs) == (3, [0, 1])
