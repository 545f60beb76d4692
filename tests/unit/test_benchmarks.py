"""The pure parts of the benchmarks: ratios, errors, looped frames, the names of the figures, and the pages with them."""

import json
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks import extraction, inputs, job, needs, ours, pages, table, throughput
from benchmarks.faces import page as faces_page
from benchmarks.noise import page as noise_page
from benchmarks.trust import page as trust_page

from clips import write_clip
from moodreel.errors import UserError
from moodreel.face.mesh.tracker import EYE_CORNERS
from moodreel.networks.requests import resolve
from moodreel.pose import Pose
from moodreel.video.decode import frames
from moodreel.video.frame import Frame

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def faces(count: int = 3) -> np.ndarray:
    points = np.random.default_rng(0).uniform(0, 100, (count, 478, 2))
    points[:, EYE_CORNERS[0]], points[:, EYE_CORNERS[1]] = (30, 50), (80, 50)
    return points


def test_the_error_is_a_share_of_the_distance_of_two_points_in_frames_that_have_them():
    reference = faces()
    assert extraction.point_error(reference, reference, EYE_CORNERS) == 0
    points = reference + np.array((3, 4))
    assert extraction.point_error(points, reference, EYE_CORNERS) == pytest.approx(5 / 50)
    assert extraction.point_error(2 * points, 2 * reference, EYE_CORNERS) == pytest.approx(5 / 50)
    points[0], reference[1] = np.nan, np.nan
    assert extraction.point_error(points, reference, EYE_CORNERS) == pytest.approx(5 / 50)
    points[2] = np.nan
    with pytest.raises(ValueError, match="no frame"):
        extraction.point_error(points, reference, EYE_CORNERS)


def test_the_error_counts_shown_points():
    reference = np.zeros((2, 25, 2))
    reference[:, extraction.TORSO[1]] = (0, 200)
    points, shown = reference + np.array((4, 0)), np.ones((2, 25), bool)
    points[:, 20:] += (996, 0)
    assert extraction.point_error(points, reference, extraction.TORSO, shown) == pytest.approx(4 / 200)
    shown[:, :20] = False
    assert extraction.point_error(points, reference, extraction.TORSO, shown) == pytest.approx(1000 / 200)


def test_two_jobs_are_as_slow_as_the_slower_and_time_per_frame_grows_where_long_files_are_slower():
    one = [{"wall_s": 10}, {"wall_s": 11}, {"wall_s": 10}]
    two = [[{"wall_s": s} for s in pair] for pair in ([10, 10], [9, 12.5], [12.5, 12.5])]
    assert extraction.gain_of_two(one, two) == pytest.approx(1.6)
    for jobs, growth in (({1: 11, 5: 51}, pytest.approx(1)), ({1: 11, 5: 56}, pytest.approx(1.125)), ({1: 11}, None)):
        looped = {minutes: {"cpu_s": s, "frames": 100 * minutes} for minutes, s in jobs.items()}
        assert extraction.frame_time_growth(1, looped) == growth


def test_repeated_frames_run_on_in_time():
    black = np.zeros((2, 2, 3), np.uint8)
    clip = [Frame(i, 0.04 * i, black) for i in range(3)]
    twice = list(inputs.repeat(lambda: clip, 7))
    assert [frame.index for frame in twice] == list(range(7))
    assert [frame.time_s for frame in twice] == pytest.approx([0.04 * i for i in range(7)])


def test_a_looped_file_is_as_long_as_asked_and_decodes_whole(tmp_path):
    write_clip(tmp_path / "clip.mp4", np.zeros((20, 32, 48, 3), np.uint8))
    inputs.write_looped(tmp_path / "clip.mp4", tmp_path / "looped.mp4", 2)
    with frames(tmp_path / "looped.mp4") as decoding:
        times = np.array([frame.time_s for frame in decoding])
        assert decoding.corrupt == decoding.mended_times == 0
    assert times[-1] >= 2
    assert np.diff(times[times <= 2]) == pytest.approx(0.04, rel=0.2)


def raw(length_min: tuple[float, ...] = (1, 5)) -> dict:
    def runs(cpu_s: float) -> list[dict[str, float]]:
        return [{"wall": 10 * cpu_s, "cpu": cpu_s}]

    job = {"wall_s": 2.0, "cpu_s": 1.0, "frames": 1, "peak_mb": 200.0}
    looped = {m: {"cpu_s": 1 + 10 * m, "frames": int(1000 * m), "peak_mb": 300 + m} for m in length_min}
    return {
        "mediapipe": [{"startup_s": 0.5, "wall": 40.0, "cpu": 20.0, "faces": 100, "bodies": 100}],
        "ours": runs(8),
        "ours_decoding": runs(10),
        "decoding": runs(2),
        "networks": [{name: {"wall": s, "cpu": s} for name, s in zip(ours.NETWORKS, (1, 4, 1, 2), strict=True)}],
        "runs": dict(zip(ours.NETWORKS, (4, 100, 5, 99), strict=True)),
        "startup": [job],
        "looped": {m: {"wall_s": 9.0, **figures} for m, figures in looped.items()},
        "one_job": [job],
        "two_jobs": [[job, job | {"wall_s": 2.5}]],
        "tracking_error_face": 0.01,
        "tracking_error_pose": 0.02,
    }


def test_the_figures_have_their_names_and_are_those_of_the_medians():
    found = json.loads(json.dumps(extraction.figures_of(raw(), 100, "cpu")))
    series = found.pop("raw")
    assert series["ours"] == [{"wall": 80, "cpu": 8}]
    assert series["networks"][0][ours.NETWORKS[1]] == {"wall": 4, "cpu": 4}
    assert found == {
        "startup_s": 2.0,
        "startup_mediapipe_s": 0.5,
        "ratio_mediapipe": 2.5,
        "ratio_limit": 1.25,
        "ratio_limit_all_networks": 1.0,
        "frames": 100,
        "model_runs": {"pose": 100, "face": 99},
        "frames_per_s": {"ours": 12.5, "ours_with_decoding": 10, "mediapipe": 5},
        "tracking_error_face": 0.01,
        "tracking_error_pose": 0.02,
        "scaling_2_jobs": 1.6,
        "peak_mb_1min": 301,
        "peak_mb_60min": None,
        "peak_mb": {"1": 301, "5": 305},
        "frame_time_growth": 1.0,
        "gpu_fps": None,
    }
    assert extraction.figures_of(raw(), 100, "wall")["ratio_mediapipe"] == 0.5
    three = raw() | {"ours": [{"wall": 1, "cpu": s} for s in (1, 90, 5)]}
    assert extraction.figures_of(three, 100, "cpu")["ratio_mediapipe"] == 4
    assert extraction.figures_of(raw() | {"one_job": None, "two_jobs": None}, 100, "cpu")["scaling_2_jobs"] is None


class Count:
    """A tracker that finds how many pictures it has seen, nothing in the second."""

    pictures = 0
    forget = None

    def track(self, picture, head):
        self.pictures += 1
        yield from ()
        return Pose("no_person") if self.pictures == 2 else Pose("ok", 1, np.full((25, 3), self.pictures, np.float32))


def test_a_watched_tracker_keeps_what_it_finds():
    seen = []
    body = ours.RecordingTracker(Count(), 25, seen)
    assert [resolve(body.track(None, 0.0)).status for _ in range(3)] == ["ok", "no_person", "ok"]
    assert np.array_equal(np.array(seen)[:, 7, 0], [1, np.nan, 3], equal_nan=True)


def test_a_counted_network_keeps_its_first_inputs(monkeypatch):
    monkeypatch.setattr(ours, "KEPT_INPUTS", 2)
    counted = ours.CountingSession(type("Session", (), {"most": None, "run": lambda self, batch: {"out": batch + 1}})())
    assert [counted.run(np.array(i))["out"] for i in range(3)] == [1, 2, 3]
    assert (counted.runs, counted.inputs) == (3, [0, 1])


def read(name: str) -> dict:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


MADE = {
    **{page: lambda page=page, name=name: pages.fill(page, read(name)) for page, name in table.RESULTS.items()},
    "noise": lambda: noise_page.parts(read("noise.json")),
    "faces": lambda: faces_page.parts(read("faces.json")),
    "trust": lambda: trust_page.parts(RESULTS),
}


@pytest.mark.parametrize("name", MADE)
def test_the_page_has_the_figures_that_were_measured(name):
    """Figures are looked at on the page: so this holds their form, too."""
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert pages.insert(page, MADE[name]()) == page, "write it anew by the command that stands above the figures"


def test_what_was_not_run_is_reported():
    found = read("extraction.json")
    assert "| not run | at least 1.8 |" in pages.fill("speed", {**found, "scaling_2_jobs": None})["figures"]
    by = found["made_by"]
    parts = {"size": {"scale": 1, "made_by": by}, "growth": {"scale": 0.5, "made_by": by}}
    figures = pages.fill("analysis-speed", {"minutes_paper_size": 7.3, "parts": parts})["figures"]
    assert "`minutes_paper_size` | 7.30 min | at most 10 |" in figures
    assert figures.count("| not run |") == 11
    assert figures.count("python -m") == 1
    assert "`growth` (at 0.5 of the size): " in figures


def test_numbers_as_they_are_written():
    assert [pages.number(value) for value in (-0.001, -0.5, None)] == ["0.00", "-0.50", "–"]
    assert [pages.share(value) for value in (0.5, -0.02, 0.999)] == [".50", "−.02", "1.00"]


def test_a_part_takes_the_place_of_the_last_one_between_its_marks():
    page = "# Speed\n\n<!-- figures: made so -->{}<!-- end of figures -->\n\nThe end.\n"
    placed = pages.insert(page.format("\nold\n"), {"figures": r"| new \1 |"})
    assert placed == page.format("\n\n| new \\1 |\n\n")
    with pytest.raises(ValueError, match="no lines <!-- summary:"):
        pages.insert(page, {"summary": ""})


def test_a_job_without_a_gpu_uses_none_and_one_that_fails_is_reported(tmp_path):
    with throughput.gpu_use("cpu") as percent, pytest.raises(UserError, match="ended with status"):
        job.run([tmp_path / "absent.mp4"], tmp_path, tmp_path)
    assert percent == []


def test_jobs_tell_their_frames_and_times(models_folder, tmp_path):
    videos = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for video, count in zip(videos, (6, 9), strict=True):
        write_clip(video, np.zeros((count, 32, 48, 3), np.uint8))
    (found,) = job.run(videos, tmp_path, models_folder, {"extraction": {"slots": 2}})
    assert found["frames"] == 15 and found["cpu_s"] > 0
    assert 0 < found["ready_s"] < found["wall_s"]
    both = job.run(videos, tmp_path, models_folder, end_s=0.1, cores=[job.CORES, job.CORES])
    assert [one["frames"] for one in both] == [6, 6]


def test_what_a_step_needs_is_written_down(tmp_path):
    """As the shell of a rule calls it."""
    shell = ["bash", "-c", f'"${{{needs.PYTHON}:-python}}" -m moodreel.steps.folds --help']
    records = tmp_path / "jobs.jsonl"
    for _ in range(2):
        subprocess.run(shell, env={"BASH_ENV": str(needs.hook(tmp_path, records))}, check=True)
    (row,) = needs.by_step(pl.read_ndjson(records)).rows(named=True)
    assert (row["step"], row["jobs"]) == ("folds", 2)
    assert 0 < row["median_s"] <= row["longest_s"] and row["peak_mb"] > 5
