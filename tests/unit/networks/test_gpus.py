"""GPUs are shared out evenly between jobs. None is needed here: their number is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodreel.networks import gpus

HOLDER = """
import sys, os
from pathlib import Path
from moodreel.networks import gpus
lock = gpus.choose(os.environ, int(sys.argv[1]), Path(sys.argv[2]))
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


def taken(folder: Path, count: int, jobs: int, **environment: str) -> tuple[list[str | None], list]:
    """What so many jobs one after the other see, and their locks."""
    own = [dict(environment) for _ in range(jobs)]
    locks = [gpus.choose(variables, count, folder) for variables in own]
    return [variables.get("CUDA_VISIBLE_DEVICES") for variables in own], locks


def test_jobs_spread_over_the_gpus_before_any_gets_a_second_and_a_place_given_back_is_taken_next(tmp_path):
    seen, locks = taken(tmp_path, 3, 7)
    assert seen == ["0", "1", "2", "0", "1", "2", "0"]
    locks[1].close()
    seen, _more = taken(tmp_path, 3, 2)
    assert seen == ["1", "1"]


def test_a_killed_job_gives_its_place_back(tmp_path):
    command = [sys.executable, "-c", HOLDER, "2", str(tmp_path)]
    environment = {"PYTHONPATH": str(Path(gpus.__file__).parents[2])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as job:
        assert job.stdout.readline().strip() == "0"
        seen, locks = taken(tmp_path, 2, 1)
        assert seen == ["1"]
        job.kill()
    seen, _more = taken(tmp_path, 2, 1)
    assert seen == ["0"]
    locks[0].close()


def test_only_what_slurm_has_given_counts(tmp_path):
    seen, _locks = taken(tmp_path, 8, 3, CUDA_VISIBLE_DEVICES="5,7")
    assert seen == ["5", "7", "5"]
    assert taken(tmp_path, 8, 2, CUDA_VISIBLE_DEVICES="6") == (["6", "6"], [None, None])


def foreign(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize("make", [foreign, a_link, Path.touch])
def test_a_folder_that_others_may_have_made_is_not_used(tmp_path, make, capsys):
    make(tmp_path / "locks")
    variables: dict[str, str] = {}
    assert gpus.choose(variables, 2, tmp_path / "locks") is None
    assert not variables and "no folder of yours alone" in capsys.readouterr().err
    assert gpus.choose(variables, 2, tmp_path / "locks", tmp_path / "home" / "locks") is not None
    assert variables["CUDA_VISIBLE_DEVICES"] == "0" and len(list((tmp_path / "home" / "locks").iterdir())) == 1
    assert not (tmp_path / "elsewhere").is_dir() or not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "locks").mkdir(mode=0o700)
    monkeypatch.setattr(gpus.os, "getuid", lambda: os.stat(tmp_path).st_uid + 1)
    assert gpus.choose({}, 2, tmp_path / "locks") is None


def test_a_link_in_the_folder_is_not_followed_and_no_file_is_emptied(tmp_path):
    precious, folder = tmp_path / "precious", tmp_path / "locks"
    folder.mkdir(mode=0o700)
    precious.write_text("precious")
    (folder / "0.slot-0").symlink_to(precious)
    (folder / "1.slot-0").write_text("also precious")
    seen, _locks = taken(folder, 2, 1)
    assert seen == ["1"]
    assert (precious.read_text(), (folder / "1.slot-0").read_text()) == ("precious", "also precious")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, ["0", "1"]),
        ("", []),
        ("-1", []),
        ("1,-1,0", ["1"]),
        ("GPU-89, MIG-GPU-1/1/0", ["GPU-89", "MIG-GPU-1/1/0"]),
    ],
)
def test_hidden_gpus_are_not_seen(named, expected):
    assert list(gpus.visible({} if named is None else {"CUDA_VISIBLE_DEVICES": named}, 2)) == expected


@pytest.mark.parametrize("count", [0, 1])
def test_with_one_gpu_or_none_nothing_is_chosen(tmp_path, count):
    assert taken(tmp_path / "none", count, 1) == ([None], [None]) and not (tmp_path / "none").exists()


def test_names_with_slashes_stay_in_the_folder(tmp_path):
    taken(tmp_path, 0, 1, CUDA_VISIBLE_DEVICES="MIG-GPU-1/1/0,MIG-GPU-1/2/0")
    assert [path.name for path in tmp_path.iterdir()] == ["MIG-GPU-1_1_0.slot-0"]


def test_gpus_are_counted_by_the_driver_or_by_nvidia_smi(tmp_path, monkeypatch):
    for bus in ("0000:01:00.0", "0000:41:00.0"):
        (tmp_path / "driver" / bus).mkdir(parents=True)
    assert gpus.count(tmp_path / "driver") == 2
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.count(tmp_path / "absent") == 0
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: GPU-1)'\necho '  MIG 1g.5gb Device 0: (UUID: MIG-2)'\n")
    smi.chmod(0o755)
    assert gpus.count(tmp_path / "absent") == 1
