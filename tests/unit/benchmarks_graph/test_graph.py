"""The benchmark of the graph: its figures, its made-up run, and the commands that only touch."""

import json
import subprocess
import sys
from bisect import bisect_right

import pytest
from benchmarks import graph, graph_job

from moodreel.errors import UserError
from moodreel.video import table


def test_figures_of_a_run():
    usage = {"wall_s": 2.0, "cpu_s": 1.0, "commands_cpu_s": 0.5, "peak_mb": 100.0, "jobs": {}}
    jobs = {"extract": 20, "face": 20, "neutral": 5, "screen": 1}
    wall_s = {"plan": 3.04, "noop": 2.5, "noop_planned": 2.04}
    usages = {name: usage | {"wall_s": own} for name, own in wall_s.items()}
    usages["run"] = usage | {"wall_s": 6.0, "cpu_s": 3.0, "peak_mb": 150.0, "jobs": jobs}
    found = graph.figures(usages, videos=20)
    assert (found["plan_s"], found["noop_s"], found["noop_planned_s"]) == (3.0, 2.5, 2.0)
    assert (found["plan_cpu_s"], found["noop_cpu_s"], found["noop_planned_cpu_s"]) == (1.0, 1.0, 1.0)
    assert found["jobs"] == 46
    assert found["overhead_ms_per_job"] == pytest.approx(1000 * 6 / 46, abs=0.1)
    assert (found["peak_mb"], found["noop_peak_mb"]) == (150, 100)
    assert (found["rules_per_video"], found["jobs_per_video"]) == (2, 2.3)


@pytest.mark.parametrize(
    ("per_performer", "performers"), [(4, ["p000000"] * 4 + ["p000001"]), (0, [f"v{n:06d}" for n in range(5)])]
)
def test_the_made_up_run_is_one_that_the_plan_reads(tmp_path, per_performer, performers):
    graph.prepare(tmp_path, videos=5, per_performer=per_performer)
    videos = table.read(tmp_path / "videos.tsv")
    assert [v.performer for v in videos] == performers
    assert all((tmp_path / v.source).is_file() and v.kind == "file" for v in videos)


def test_commands_make_files_folders_and_logs(tmp_path):
    command = graph_job.touch(["a b.parquet", "pairs"], ["x.log"])
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    assert (tmp_path / "a b.parquet").is_file() and (tmp_path / "pairs").is_dir()
    assert (tmp_path / "x.log").is_file()


def test_a_run_of_which_something_is_left_is_no_figure(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "snakemake", lambda *arguments: {"jobs": {"screen": 1}})
    with pytest.raises(UserError, match="screen"):
        graph.measure(tmp_path, cores=1)


def test_the_real_rules_run_and_leave_nothing_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["graph", "--videos", "3", "--out", str(tmp_path / "g.json")])
    graph.main()
    found = json.loads((tmp_path / "g.json").read_text())
    assert found["raw"]["run"]["jobs"]["extract"] == found["raw"]["run"]["jobs"]["face"] == 3
    assert not found["raw"]["noop"]["jobs"]


def test_performers_are_finished_one_after_the_other(tmp_path):
    """So that few meshes lie about where they are not kept."""
    graph.prepare(tmp_path, videos=40, per_performer=4)
    with (tmp_path / "my.yaml").open("a") as config:
        config.write("extraction: {keep_mesh: false}\n")
    graph.snakemake(tmp_path, 2, "--until", "face")

    def written(name):
        return sorted(path.stat().st_mtime_ns for path in (tmp_path / "results" / "videos").rglob(name))

    assert not [*tmp_path.rglob("mesh.parquet")]
    # A mesh is written with the pose and goes once its action units stand. Two performers have 8; on a busy machine a
    # job may end late, so those of a third are allowed. Without an order it were 24.
    poses, faces = written("pose.parquet"), written("face.parquet")
    assert len(poses) == len(faces) == 40
    meshes = [bisect_right(poses, time) - bisect_right(faces, time) for time in poses]
    assert max(meshes) <= 12, meshes


def test_snakemake_limits_starts_as_the_plan_takes_it_for_unasked():
    """`onstart` in workflow/rules/run.smk turns just this limit off, and leaves one that somebody asked for."""
    from snakemake.cli import get_argument_parser
    from snakemake.scheduling.job_scheduler import JobRateLimiter

    given = [get_argument_parser().parse_args(own) for own in ([], ["--max-jobs-per-timespan", "50/1s"])]
    unasked, asked = (JobRateLimiter(own.max_jobs_per_timespan) for own in given)
    assert (unasked.max_jobs, unasked.timespan, asked.max_jobs) == (100, 1, 50)
