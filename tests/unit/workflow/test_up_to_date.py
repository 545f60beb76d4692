"""What makes Snakemake plan, and what does not."""

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from moodreel.workflow import up_to_date
from moodreel.workflow.plan import Plan
from moodreel.workflow.up_to_date import UpToDate, rerun_reasons

PLAIN = ["/somewhere/bin/snakemake", "--cores", "2"]


@dataclass(frozen=True)
class File:
    path: str
    is_ancient: bool = False

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class Job:
    """What of Snakemake's jobs is looked at."""

    input: tuple[File, ...]
    output: tuple[File, ...]


def job(read: Iterable[str], made: Iterable[str], ancient: bool = False) -> Job:
    return Job(tuple(File(path, ancient) for path in read), tuple(File(path) for path in made))


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A small one."""
    made = tmp_path / "checkout"
    (made / "workflow" / "rules").mkdir(parents=True)
    (made / "envs").mkdir()
    (made / "Snakefile").write_text("rule all:\n")
    (made / "workflow" / "rules" / "face.smk").write_text("rule face:\n")
    monkeypatch.setattr(up_to_date, "CHECKOUT", made)
    return made


@pytest.fixture
def jobs(folder) -> list[Job]:
    """Three jobs that have run: a video, its table, the results of a run that knows the video only from a table."""
    video = folder / "films" / "a.mp4"
    (folder / "videos.tsv").write_text("video\tsource\tperformer\na\tfilms/a.mp4\t\n")
    video.parent.mkdir()
    video.write_bytes(b"film")
    age(video, 100)
    results = plan().results
    for seconds, path in ((50, Path("face.parquet")), *((10, Path(path)) for path in results)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"table")
        age(path, seconds)
    return [
        job(["films/a.mp4"], ["face.parquet", "mesh-that-was-temporary.parquet"]),
        job(["face.parquet"], results),
        job(results, []),
    ]


def age(path: Path, seconds: float) -> None:
    time = path.stat().st_mtime - seconds
    os.utime(path, (time, time))


def plan(**changes: object) -> Plan:
    made = Plan.of({"run": "mine", "videos": "videos.tsv", **changes})
    made.marks.look(made.given_files)
    return made


def now(checkout: Path, command: list[str] = PLAIN, **changes: object) -> UpToDate:
    """The record as the next call finds it."""
    return UpToDate(plan(**changes), command, str(checkout / "Snakefile"))


@pytest.fixture
def recorded(checkout, jobs) -> Path:
    """The checkout after a run that has come to its end."""
    assert not now(checkout).is_certain
    now(checkout).remember(jobs)
    assert now(checkout).is_certain
    return checkout


def test_another_label_makes_it_plan(recorded, folder):
    table = "video\tsource\tperformer\temotion\na\tfilms/a.mp4\t\t"
    for emotion in ("joy", "anger", "joy"):
        (folder / "videos.tsv").write_text(f"{table}{emotion}\n")
        assert not now(recorded).is_certain
    (folder / "videos.tsv").write_text(f"{table}\n")
    assert now(recorded).is_certain


def test_a_plain_call_may_say_how_much_and_how_loud():
    chosen = ["-c8", "--configfile", "my.yaml", "-n", "-k", "--resources", "gpu=2"]
    loudness = ["--quiet", "all", "--printshellcmds"]
    assert rerun_reasons([PLAIN[0], *chosen, *loudness]) == rerun_reasons(PLAIN) is not None
    assert rerun_reasons(["/lib/snakemake/__main__.py", "--cores", "2"]) == rerun_reasons(PLAIN)


@pytest.mark.parametrize("name", ["default", "gpu", "slurm"])
def test_the_projects_own_profiles_are_plain(request, name):
    profile = request.config.rootpath / "profiles" / name
    assert rerun_reasons(["snakemake", "--profile", str(profile), "--cores", "2"]) is not None


@pytest.mark.parametrize(
    "options",
    [
        ["results/runs/mine/report.html"], ["-F"], ["-R", "face"], ["--forcerun", "face"], ["--touch"], ["--summary"],
        ["--until", "face"], ["--omit-from", "face"], ["--report", "r.html"], ["--dag"], ["--lint"], ["--unlock"],
        ["--delete-all-output"], ["--list-rules"], ["--ignore-incomplete"], ["--no-hooks"], ["--notemp"],
        ["--batch", "all=1/2"], ["--consider-ancient", "face=mesh"],
    ],
)  # fmt: skip
def test_who_asks_for_something_gets_a_plan(recorded, options):
    assert rerun_reasons([*PLAIN, *options]) is None
    assert not now(recorded, [*PLAIN, *options]).is_certain


@pytest.mark.parametrize("command", [["-c"], [], ["/usr/bin/python", "--cores", "2"], sys.argv])
def test_what_is_no_call_of_snakemake_gets_a_plan(recorded, command):
    """Not `sys.argv` either, which is pytest's: tests plan in this process and in its forks."""
    assert rerun_reasons(command) is None
    assert not now(recorded, command).is_certain


def test_where_other_changes_count_there_is_a_plan(recorded):
    assert rerun_reasons([*PLAIN, "--rerun-triggers", "mtime"]) is not None
    for options in (["--rerun-triggers", "mtime"], ["--software-deployment-method", "conda"]):
        assert not now(recorded, [*PLAIN, *options]).is_certain


def test_a_call_that_cannot_be_read_from_here_gets_a_plan(capsys):
    for options in (["--profile", "a profile in another folder"], ["--no-such-option"]):
        assert rerun_reasons([*PLAIN, *options]) is None
    assert capsys.readouterr() == ("", "")


def test_a_workflow_that_uses_this_one_gets_a_plan(recorded, folder):
    (folder / "Snakefile").write_text("module moodreel:\n")
    assert not UpToDate(plan(), PLAIN, str(folder / "Snakefile")).is_certain


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("videos.tsv", "video\tsource\tperformer\na\tfilms/a.mp4\tanna\n"),
        ("face.parquet", "table"),
        ("mesh-that-was-temporary.parquet", "mesh"),
        ("checkout/workflow/rules/face.smk", "rule face: # edited\n"),
        ("checkout/workflow/new.py", ""),
        ("checkout/envs/analysis.yaml", "dependencies: []\n"),
        (up_to_date.FOLDER / "mine.json", "{}"),
    ],
)
def test_where_a_file_is_written_there_is_a_plan(recorded, folder, name, text):
    """Also where it holds the same; the last one is a broken record."""
    (folder / name).write_text(text)
    assert not now(recorded).is_certain


def other_video_of_the_same_time(folder: Path) -> None:
    video = folder / "films" / "a.mp4"
    time = video.stat().st_mtime_ns
    video.write_bytes(b"another film")
    os.utime(video, ns=(time, time))


def killed_job(folder: Path) -> None:
    (folder / up_to_date.INCOMPLETE).mkdir(parents=True)
    (folder / up_to_date.INCOMPLETE / "ZmFjZQ==").touch()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "films" / "a.mp4").touch(),
        other_video_of_the_same_time,
        killed_job,
        lambda folder: (folder / "face.parquet").unlink(),
        lambda folder: Path(plan().results[0]).unlink(),
        lambda folder: shutil.rmtree(folder / up_to_date.FOLDER),
    ],
    ids=["touched video", "other video of the same time", "killed job", "lost table", "lost result", "no record"],
)
def test_whatever_changes_there_is_a_plan(recorded, folder, change):
    change(folder)
    assert not now(recorded).is_certain


@pytest.mark.parametrize("changes", [{"pairing": {"ranks": 2}}, {"run": "other"}], ids=str)
def test_another_setting_and_another_run_make_it_plan(recorded, changes):
    assert not now(recorded, **changes).is_certain


def test_what_is_no_change_needs_no_plan(recorded, folder):
    (folder / "another.mp4").write_bytes(b"film")
    (recorded / "workflow" / "__pycache__").mkdir()
    (recorded / "workflow" / "__pycache__" / "x.pyc").touch()
    (folder / up_to_date.INCOMPLETE).mkdir(parents=True)
    assert now(recorded).is_certain


@pytest.mark.parametrize(("ancient", "known"), [(False, False), (True, True)])
def test_what_was_changed_while_the_run_went_on_is_not_overlooked(checkout, jobs, folder, ancient, known):
    (folder / "films" / "a.mp4").touch()
    first, *others = jobs
    now(checkout).remember([job(map(str, first.input), map(str, first.output), ancient), *others])
    assert now(checkout).is_certain is known


def test_a_plan_that_was_not_plain_is_not_remembered(checkout, jobs):
    now(checkout, [*PLAIN, "-R", "face"]).remember(jobs)
    assert not up_to_date.FOLDER.exists()


def test_without_a_plan_nothing_is_remembered(recorded):
    """There are no jobs then to tell what belongs to the run."""
    before = next(up_to_date.FOLDER.iterdir()).read_text()
    now(recorded).remember([])
    assert next(up_to_date.FOLDER.iterdir()).read_text() == before


def test_a_folder_is_as_old_as_snakemake_says_and_a_link_as_new_as_what_it_links_to(folder):
    stamp, film, link = folder / "previews" / ".snakemake_timestamp", folder / "film.mp4", folder / "link.mp4"
    stamp.parent.mkdir()
    stamp.touch()
    os.utime(stamp, (1, 1))
    assert up_to_date._time("previews") == 1_000_000_000
    film.touch()
    link.symlink_to(film.name)
    os.utime(link, (1, 1), follow_symlinks=False)
    assert up_to_date._time("link.mp4") == film.stat().st_mtime_ns
    film.unlink()
    assert up_to_date._time("link.mp4") == 0


def test_every_option_that_it_knows_is_one_of_snakemakes():
    from snakemake.cli import get_argument_parser

    known = vars(get_argument_parser().parse_args([]))
    assert known.keys() >= up_to_date.HARMLESS | set(up_to_date.COUNTED)


def test_where_nothing_can_be_written_it_only_takes_longer(checkout, jobs, folder):
    (folder / "results" / ".cache").mkdir(parents=True, exist_ok=True)
    (folder / "results" / ".cache" / "up_to_date").write_text("in the way")
    now(checkout).remember(jobs)
    assert not now(checkout).is_certain
