"""Runs of good and bad inputs: the good ones come through as if they were alone, and each bad one has its reason."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.bad_input import damage, face_tables, files, media, openpose, streams, times
from tests.bad_input.case import Make, matches, written

from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.videos import VIDEOS

ROOT = Path(__file__).parents[2]
COLUMNS = ["video", "source", "performer", "pose_backend", "pose_file", "face_backend", "face_file", "rate_hz"]
LIMIT_S = 900


@dataclass(frozen=True)
class Row:
    """A row of the table of videos.

    files: by column, what makes the file that it names; cells: its other cells.
    reason: pattern of the reason for which it is dropped; None: it comes through.
    """

    video: str
    files: Mapping[str, Make]
    cells: Mapping[str, str]
    reason: str | None = None


def _openface_cells(rows: int = 75) -> face_tables.Cells:
    """A table of three seconds, with a face in nearly all frames."""
    cells = _repeated(face_tables.openface(), rows, first=1)
    for n, row in enumerate(cells[1:]):
        row[cells[0].index("timestamp")] = f"{n / 25:.3f}"
    return cells


def _pyfeat_cells(rows: int = 75) -> face_tables.Cells:
    """The same of py-feat."""
    return _repeated(face_tables.pyfeat(), rows, first=0)


def _repeated(cells: face_tables.Cells, rows: int, first: int) -> face_tables.Cells:
    """A table whose rows are those of a shorter one in turn, with frames from `first` on."""
    place = cells[0].index("frame")
    some = [cells[1 + n % face_tables.ROWS] for n in range(rows)]
    return [cells[0], *([*row[:place], str(n), *row[place + 1 :]] for n, row in enumerate(some, first))]


def _table(cells: face_tables.Cells) -> Make:
    return written(face_tables.text(cells).encode(), "faces.csv")


def _text(name: str) -> Make:
    return written(b"no table at all\n" * 5, name)


def of_imports() -> list[Row]:
    """Twelve rows without videos, of OpenFace, py-feat and OpenPose; each second one is bad."""
    poses = openpose.poses(count=75)
    broken = {**poses, "clip_000000000007_keypoints.json": b'{"version": 1.3'}
    face, unusable = _table(_openface_cells()), "unusable_import"
    of = {"pose_backend": "none", "face_backend": "openface", "rate_hz": "25"}
    pf = {"pose_backend": "none", "face_backend": "pyfeat", "rate_hz": "25"}
    op = {"pose_backend": "openpose", "face_backend": "openface", "rate_hz": "25"}
    return [
        Row("of-1", {"face_file": face}, of),
        Row("of-2", {"face_file": _text("faces.csv")}, of, unusable),
        Row("of-3", {"face_file": face}, of),
        Row("of-4", {"face_file": openpose.cut(face, 0.7)}, of, unusable),
        Row("pf-1", {"face_file": _table(_pyfeat_cells())}, pf),
        Row("pf-2", {"face_file": written(b"", "faces.csv")}, pf, unusable),
        Row("pf-3", {"face_file": _table(_pyfeat_cells())}, pf),
        Row("pf-4", {"face_file": face}, pf, unusable),
        Row("op-1", {"pose_file": openpose.zipped(poses), "face_file": face}, op),
        Row("op-2", {"pose_file": openpose.cut(openpose.zipped(poses), 0.6), "face_file": face}, op, unusable),
        Row("op-3", {"pose_file": openpose.in_folder(poses), "face_file": face}, op),
        Row("op-4", {"pose_file": openpose.in_folder(broken), "face_file": face}, op, unusable),
    ]


def _mixed(good: Iterable[Make], bad: Iterable[Make], cells: Mapping[str, str], more: Mapping[str, Make]) -> list[Row]:
    """Twenty good files of a program and ten bad ones, in turn; `more` are files that each row names besides."""
    column = "pose_file" if cells["pose_backend"] == "openpose" else "face_file"
    some = list(good)
    rows = [Row(f"good-{n}", {column: some[n % len(some)], **more}, cells) for n in range(20)]
    for n, make in enumerate(bad):
        rows.insert(3 * n + 2, Row(f"bad-{n}", {column: make, **more}, cells, "unusable_import|no_frames"))
    return rows


def of_openface() -> list[Row]:
    """Thirty tables of OpenFace."""
    cells = {"pose_backend": "none", "face_backend": "openface", "rate_hz": "25"}
    return _mixed(*_face_tables(_openface_cells(), "AU12_r", ("frame", "timestamp")), cells, {})


def of_pyfeat() -> list[Row]:
    """Thirty tables of py-feat."""
    cells = {"pose_backend": "none", "face_backend": "pyfeat", "rate_hz": "25"}
    return _mixed(*_face_tables(_pyfeat_cells(), "AU12", ("frame",)), cells, {})


def of_openpose() -> list[Row]:
    """Thirty folders and archives of OpenPose, each with a good table of OpenFace."""
    files = openpose.poses(count=75)
    good = [
        openpose.in_folder(files),
        openpose.zipped(files),
        openpose.tarred(files, "gz"),
        openpose.tarred(files, "xz"),
    ]
    broken = [openpose.BAD_FRAMES[name][0] for name in ("a file that was cut", "NaN", "24 keypoints", "no people")]
    bad = [openpose.in_folder({**files, "clip_000000000007_keypoints.json": content}) for content in broken]
    bad += [openpose.cut(openpose.zipped(files), 0.6), openpose.cut(openpose.tarred(files, "gz"), 0.6), openpose.bomb]
    bad += [_text("json.zip"), written(b"", "json.tar"), openpose.in_folder({"notes.txt": b"no poses"})]
    cells = {"pose_backend": "openpose", "face_backend": "openface", "rate_hz": "25"}
    return _mixed(good, bad, cells, {"face_file": _table(_openface_cells())})


def _face_tables(cells: face_tables.Cells, unit: str, kept: tuple[str, ...]) -> tuple[list[Make], list[Make]]:
    """Good tables of faces, in every dialect that has to be read, and ten bad ones."""
    dialects = face_tables.dialects(cells, kept)
    good = [written(dialects[name], "faces.csv") for name in dialects if name not in face_tables.MAY_BE_REFUSED]
    clean, rows = face_tables.text(cells), len(cells) - 1
    again = face_tables.text([*cells, cells[4]])
    word = face_tables.text([[c if n != 4 or name != unit else "high" for c, name in zip(row, cells[0], strict=True)]
                         for n, row in enumerate(cells)])  # fmt: skip
    without = [[c for c, name in zip(row, cells[0], strict=True) if name != "frame"] for row in cells]
    short = face_tables.text([*cells[:4], cells[4][:-3], *cells[5:]])
    texts = [again, word, face_tables.text(without), short, clean + clean, clean.partition("\n")[2]]
    bad = [written(content.encode(), "faces.csv") for content in texts]
    bad += [written(b"", "faces.csv"), _text("faces.csv"), written(b"PK\x03\x04\x14\0" + bytes(500), "faces.csv")]
    bad.append(written(clean.encode()[: len(clean) * (rows - 1) // rows + 30], "faces.csv"))
    return good, bad


def of_media() -> list[Row]:
    """Thirty videos: four built-in clips, sixteen odd but good ones, and ten bad ones."""
    films = [written.maker(written.containers.split()[-1]) for written in media.CLIPS[:: len(media.CLIPS) // 12]][:12]
    films += [
        files.named("caf\u00e9 & 'friends'.mp4"),
        times.of_stamps("mkv", times.variable(1)),
        streams.with_cover("clip.mkv", True),
    ]
    films += [damage.changed("mkv", damage.cut_in(20))]
    bad = [
        (written(b"this is not a video\n" * 50, "clip.mp4"), "unreadable|format_not_allowed"),
        (written(b"", "clip.mp4"), "unreadable"),
        (files.picture("png"), "format_not_allowed|unreadable"),
        (streams.sound_file("tone.wav"), "no_video_stream"),
        (files.playlist("list.m3u8", files.HLS), "format_not_allowed|unreadable"),
        (damage.changed("mp4", lambda data, _: data.replace(b"moov", b"xxxx", 1)), "unreadable"),
        (damage.changed("mp4", lambda data, _: data[: len(data) // 40]), "unreadable|no_frames|no_video_stream"),
        (damage.changed("mp4", damage.atom(b"stts", damage.CHANGES["one byte"])), "unreadable|no_frames|no_video_stream|memory"),
        (damage.changed("mkv", lambda data, _: data[:20] + bytes(len(data) - 20)), "unreadable|no_frames|no_video_stream"),
        (written(files.NO_VIDEOS["noise, seed 1"][1], "clip.mp4"), "unreadable|format_not_allowed|no_"),
    ]  # fmt: skip
    clips = ("hopper/jaw_open/1", "astronaut/brows_raised/2", "hopper/smile/1", "astronaut/jaw_open/2")
    rows = [Row(f"built-in-{n}", {}, {"source": f"builtin:{clip}"}) for n, clip in enumerate(clips)]
    rows += [Row(f"film-{n}", {"source": make}, {}) for n, make in enumerate(films)]
    return rows + [Row(f"bad-{n}", {"source": make}, {}, reason) for n, (make, reason) in enumerate(bad)]


def runs() -> Iterator[tuple[str, list[Row], dict[str, Any]]]:
    """Each run of thirty inputs: of what, its rows, and its configuration."""
    yield "videos", of_media(), {}
    faces = {"features": {"groups": ["action_units", "head_pose"]}}
    yield "files of OpenFace", of_openface(), faces
    yield "files of py-feat", of_pyfeat(), faces
    yield "files of OpenPose", of_openpose(), faces


def compare(folder: Path, rows: Iterable[Row], **config: Any) -> dict[str, Any]:
    """Run all rows together, and the good ones alone; count what came through.

    status: Snakemake's; good, bad: rows of each kind; good_as_alone: good ones whose tables of pose and face and whose
    row of `screening.tsv` are the same in both runs; bad_with_reason: bad ones that are dropped for their reason;
    `mistakes` names the others.
    """
    rows = list(rows)
    good, bad = ([row for row in rows if (row.reason is None) is is_good] for is_good in (True, False))
    mixed, alone = folder / "mixed", folder / "alone"
    for place, some in ((mixed, rows), (alone, good)):
        _prepare(place, folder / "inputs", some, config)
    statuses = [_snakemake(place) for place in (mixed, alone)]
    found: dict[str, Any] = {
        "status": statuses[0],
        "good": len(good),
        "bad": len(bad),
        "good_as_alone": 0,
        "bad_with_reason": 0,
    }
    if any(statuses):
        logs = "\n".join((place / "run.log").read_text(errors="replace")[-3000:] for place in (mixed, alone))
        return {**found, "mistakes": [logs]}
    tables, mistakes = _tables(mixed), []
    expected = _tables(alone)
    for row in good:
        if tables[row.video] == expected[row.video]:
            found["good_as_alone"] += 1
        else:
            mistakes.append(f"{row.video}: not as if alone")
    for row in bad:
        screened = tables[row.video]["screening"]
        if not screened["kept"] and matches(row.reason or "", screened["reason"]):
            found["bad_with_reason"] += 1
        else:
            mistakes.append(f"{row.video}: {screened['reason']}, expected {row.reason}")
    return {**found, **({"mistakes": mistakes} if mistakes else {})}


def _prepare(place: Path, inputs: Path, rows: Iterable[Row], config: Mapping[str, Any]) -> None:
    """A folder with a table of videos and a configuration; the inputs are made once, in `inputs`."""
    place.mkdir(parents=True)
    lines = ["\t".join(COLUMNS)]
    for row in rows:
        cells = {"video": row.video, **row.cells}
        for column, make in row.files.items():
            own = inputs / row.video / column
            if not own.exists():
                own.mkdir(parents=True)
                (own / "name").write_text(make(own).name)
            cells[column] = str(own / (own / "name").read_text())
        lines.append("\t".join(cells.get(column, "") for column in COLUMNS))
    (place / "videos.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    models = os.environ.get("MOODREEL_TEST_MODELS", str(ROOT / "results" / "models"))
    own_config = {"run": "mixed", "videos": "videos.tsv", "models": {"folder": models}, **config}
    (place / "my.yaml").write_text(yaml.safe_dump(own_config))


def _snakemake(place: Path) -> int:
    """Run until the videos are screened; the output goes to `run.log`. Returns the status."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--configfile",
        "my.yaml",
        "--cores",
        "2",
    ]
    with (place / "run.log").open("wb") as log:
        done = subprocess.run(
            [*command, "--", "results/runs/mixed/screening.tsv"],
            cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    return done.returncode


def _tables(place: Path) -> dict[str, dict[str, Any]]:
    """By video, the rows of its tables and its row of SCREENING."""
    run = place / "results" / "runs" / "mixed"
    screening = {row["video"]: row for row in base.read_tsv(run / "screening.tsv", SCREENING).iter_rows(named=True)}
    found = {}
    for row in base.read_tsv(run / "videos.tsv", VIDEOS).iter_rows(named=True):
        pose = base.read(place / row["folder"] / "pose.parquet", POSE)
        face = base.read(place / row["face_folder"] / "face.parquet", FACE)
        found[row["video"]] = {"pose": pose.rows(), "face": face.rows(), "screening": screening[row["video"]]}
    return found
