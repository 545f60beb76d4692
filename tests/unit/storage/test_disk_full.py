import errno
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import imageio_ffmpeg
import matplotlib
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from matplotlib.figure import Figure

from moodreel.demo import encode
from moodreel.storage import disk_full
from moodreel.storage.disk_full import DiskFull
from moodreel.workflow import program

matplotlib.use("agg")
NOISE = np.random.default_rng(0)


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Iterator[Path]:
    """A file system of 100 kB; the tests are skipped where none may be mounted."""
    folder = tmp_path_factory.mktemp("full")
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"x": NOISE.random(50_000)}), path)


def streamed(path: Path) -> None:
    table = pa.table({"x": NOISE.random(50_000)})
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)


def csv(path: Path) -> None:
    pl.DataFrame({"x": NOISE.random(50_000)}).write_csv(path)


def of_polars(path: Path) -> None:
    pl.DataFrame({"x": NOISE.random(50_000)}).write_parquet(path)


def text(path: Path) -> None:
    path.write_text("x" * 200_000)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("x", NOISE.bytes(200_000))


def array(path: Path) -> None:
    NOISE.random(50_000).tofile(path)


def estimator(path: Path) -> None:
    skops.io.dump({"x": NOISE.random(50_000)}, path)


def picture(path: Path) -> None:
    figure = Figure()
    figure.add_subplot().imshow(NOISE.random((300, 300)))
    figure.savefig(path, format="png", dpi=200)


def video(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = 128, 128
        for _ in range(40):
            frame = av.VideoFrame.from_ndarray(NOISE.integers(0, 255, (128, 128, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def ffmpeg(path: Path) -> None:
    source = ["-f", "lavfi", "-i", "nullsrc=s=256x256:d=2,geq=random(1)*255:128:128"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *source, "-f", "mp4", "-y", str(path)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize(
    "write", [parquet, streamed, csv, of_polars, text, archive, array, estimator, picture, video, ffmpeg]
)
def test_every_library_we_write_with_is_understood(full, write: Callable[[Path], None]):
    path = full / "x"
    with pytest.raises(DiskFull) as caught, disk_full.explain(path):
        write(path)
    assert str(caught.value).startswith(f"{path}: could not be written, since the disk is full")
    assert f"kB are left on the file system of {full}" in str(caught.value)
    path.unlink(missing_ok=True)


def test_a_full_folder_for_temporary_files_counts_too(full, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    with tempfile.NamedTemporaryFile() as file, pytest.raises(DiskFull) as caught, disk_full.explain(tmp_path / "x"):
        array(Path(file.name))
    assert f"kB are left on the file system of {full}" in str(caught.value)


def test_no_room_for_temporary_files_anywhere_is_reported_too(full, monkeypatch):
    """On machines with one partition these would lie on the same file system."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(full)])
    monkeypatch.setenv("TMPDIR", str(full))
    with pytest.raises(DiskFull, match="the disk is full"), disk_full.explain(full / "x"):
        array(full / "x")
    (full / "x").unlink()


def test_a_full_disk_is_reported_where_nothing_can_be_found_out(tmp_path, monkeypatch):
    def fails(*_args):
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", fails)
    monkeypatch.setattr(disk_full.os, "statvfs", fails)
    with pytest.raises(DiskFull) as caught, disk_full.explain(tmp_path / "x"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value).startswith(f"{tmp_path / 'x'}: could not be written, since the disk is full. Make room")
    with pytest.raises(OSError, match="broken") as raised, disk_full.explain(tmp_path / "x"):
        raise OSError("broken")
    assert not isinstance(raised.value, DiskFull)


def test_a_built_in_clip_leaves_nothing_on_a_full_disk(full):
    silence = np.zeros(100_000, np.float32)
    with pytest.raises(DiskFull):
        encode.write(full / "x.mp4", None, [], silence, side_px=64, rate_hz=25, audio_rate_hz=44_100)
    assert [path.name for path in full.iterdir() if "x" in path.name] == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        OSError("No space left on device (os error 28)"),
        subprocess.CalledProcessError(1, "ffmpeg", stderr=b"x.mp4: No space left on device\n"),
    ],
)
def test_a_step_that_runs_out_of_room_says_so_without_a_traceback(monkeypatch, capsys, error):
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        program.run(main)
    assert ended.value.code == 1
    output = capsys.readouterr().err
    assert output.startswith("moodreel: ") and "could not be written" in output and "Traceback" not in output


def test_the_file_that_an_error_names_is_reported(tmp_path):
    with pytest.raises(DiskFull) as caught, disk_full.explain(tmp_path / "results"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "cache"))
    assert str(caught.value).startswith(f"{tmp_path / 'cache'}: ")


class Full(io.StringIO):
    """A log on a full disk."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_where_the_log_has_no_room_the_screen_is_written_to(monkeypatch):
    read, write = os.pipe()
    monkeypatch.setenv(program.SCREEN, str(write))
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    with pytest.raises(SystemExit):
        program.run(lambda: print("done"))
    os.close(write)
    with open(read) as screen:
        assert screen.read().startswith("moodreel: results")
