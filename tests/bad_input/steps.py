"""Steps by their command line, as Snakemake runs them: a bad input ends with status 0 and its reason in the stamp."""

from collections.abc import Callable
from pathlib import Path

from tests.bad_input import damage, face_tables, files, media, openpose, streams
from tests.bad_input.case import Case, Make, Refused, Rows, written

KIND = "steps"
SOUNDTRACK = "--video {path} --out {folder}/out.parquet"
FACE = "--file {path} --format openface --rate-hz 25 --out {folder}/out.parquet"
FACE_OF_VIDEO = "--file {path} --format openface --video {folder}/film.mp4 --out {folder}/out.parquet"
PYFEAT = "--file {path} --format pyfeat --rate-hz 25 --out {folder}/out.parquet"
POSE = "--file {path} --rate-hz 25 --out {folder}/out.parquet"


def _beside(film: bytes, make: Make) -> Make:
    """An input with a film beside it that is no film."""

    def both(folder: Path) -> Path:
        (folder / "film.mp4").write_bytes(film)
        return make(folder)

    return both


def _with_film(make: Make) -> Make:
    def both(folder: Path) -> Path:
        media.clip(folder / "film.mp4")
        return make(folder)

    return both


def cases() -> list[Case]:
    """Steps."""
    found = []

    def step(name: str) -> Callable[..., None]:
        def add(what: str, arguments: str, make: Make, *expect: Rows | Refused) -> None:
            options = {"name": name, "arguments": arguments}
            found.append(Case(f"{name}: {what}", KIND, make, "step", expect, options))

        return add

    unreadable = Refused(("unreadable", "format_not_allowed"))
    add = step("soundtrack")
    add("a tone", SOUNDTRACK, streams.sound_file("tone.wav"), Rows())
    add("text", SOUNDTRACK, written(b"no sound at all\n" * 9, "clip.mp4"), unreadable)
    add("an empty file", SOUNDTRACK, written(b"", "clip.mp4"), unreadable)
    add("a clip without sound", SOUNDTRACK, lambda folder: media.clip(folder / "a clip's.mp4"), Refused(("no_audio",)))
    add("a FIFO", SOUNDTRACK, files.fifo, Refused(("unreadable", "timeout")))
    add("a broken index", SOUNDTRACK, damage.changed("mp4", damage.atom(b"stts", damage.CHANGES["one byte"])),
        Refused(("unreadable", "no_audio", "memory")))  # fmt: skip

    unusable = Refused(("unusable_import",))
    add = step("import_face")
    good = written(face_tables.text(face_tables.openface()).encode(), "faces.csv")
    add("OpenFace's table", FACE, good, Rows(face_tables.ROWS))
    add("OpenFace's table on its video", FACE_OF_VIDEO, _with_film(good), Rows(face_tables.ROWS))
    add("a video that is none", FACE_OF_VIDEO, _beside(b"no film", good), unreadable)
    add("an empty table", FACE, written(b"", "faces.csv"), unusable)
    add("text", FACE, written(b"no table at all\n", "faces.csv"), unusable)
    add("a table that was cut", FACE, openpose.cut(good, 0.7), unusable)
    add("OpenFace's table as py-feat's", PYFEAT, good, unusable)
    add(
        "py-feat's table",
        PYFEAT,
        written(face_tables.text(face_tables.pyfeat()).encode(), "faces.csv"),
        Rows(face_tables.ROWS),
    )
    add("a FIFO", FACE, files.fifo, Refused(("unusable_import", "timeout")))
    add("a device", FACE, files.link("/dev/zero"), Refused(("unusable_import", "memory", "timeout")))

    add = step("import_pose")
    add("a folder", POSE, openpose.in_folder(openpose.poses()), Rows(face_tables.ROWS))
    add("a zip", POSE, openpose.zipped(openpose.poses()), Rows(face_tables.ROWS))
    add("a zip that was cut", POSE, openpose.cut(openpose.zipped(openpose.poses()), 0.6), unusable)
    add("an empty folder", POSE, openpose.in_folder({}), unusable)
    add(
        "a frame that was cut",
        POSE,
        openpose.in_folder(openpose.poses() | {"clip_000000000003_keypoints.json": b"{"}),
        unusable,
    )
    add("a frame that unpacks to 512 MB", POSE, openpose.bomb, Refused(("unusable_import", "memory")))
    return found
