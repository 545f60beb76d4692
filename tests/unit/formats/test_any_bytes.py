"""Whatever bytes a file of another program holds, reading it ends, in a table or in the user's error."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzing import bounded
from moodreel.errors import UserError
from moodreel.formats import alignment, import_face, openpose
from unit.formats import openface_files, test_pyfeat

BOUNDED = bounded(120)

PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\0", b"\n", b"\r", b'"', b",", b";", b"\t", b"\xff\xfe", b"NA", b"1e999", b"-1", b"9" * 400, b"{", b"["]
    ),
)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES), min_size=1, max_size=6)
"""Where in the file (a share of it), how many bytes are replaced, and by what."""


def change(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for where, removed, added in changes:
        at = int(where * len(content))
        content = content[:at] + added + content[at + removed :]
    return content


def table_or_users_error(read, path: Path) -> None:
    try:
        rows = read(path)
        alignment.place_rows(rows, name="x", video=None, rate_hz=25.0)
    except UserError:
        pass


def csv_of(program: str, folder: Path) -> bytes:
    path = folder / "valid.csv"
    if program == "openface":
        names = (
            "frame",
            "face_id",
            "timestamp",
            "confidence",
            "success",
            "pose_Tx",
            "pose_Ty",
            "pose_Tz",
            "AU04_r",
            "AU12_c",
        )
        rows = [openface_files.row(n, face_id=face, pose_Tx=300 * face) for n in range(1, 5) for face in (0, 1)]
        openface_files.write(path, rows, names)
    else:
        test_pyfeat.write(path, [{k: v for k, v in test_pyfeat.row(n).items() if k[:2] != "y_"} for n in range(4)])
    return path.read_bytes()


@pytest.mark.parametrize("program", ["openface", "pyfeat"])
@BOUNDED
@given(changes=CHANGES)
def test_csv(tmp_path, program, changes):
    (tmp_path / "a.csv").write_bytes(change(csv_of(program, tmp_path), changes))
    table_or_users_error(lambda path: import_face(path, program)[0], tmp_path / "a.csv")


PEOPLE = [{"pose_keypoints_2d": [100.0 + k, 50.0, 0.9] * 25} for k in range(2)]
DOCUMENT = json.dumps({"version": 1.3, "people": PEOPLE}).encode()


def archive_of(kind: str) -> bytes:
    made = io.BytesIO()
    names = [f"clip_{frame:012d}_keypoints.json" for frame in range(3)]
    if kind == "zip":
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in names:
                packed.writestr(zipfile.ZipInfo(name), DOCUMENT)
    else:
        with tarfile.open(fileobj=made, mode="w") as packed:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(DOCUMENT)
                packed.addfile(member, io.BytesIO(DOCUMENT))
    return made.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar"])
@BOUNDED
@given(changes=CHANGES)
def test_archive(tmp_path, kind, changes):
    (tmp_path / "a").write_bytes(change(archive_of(kind), changes))
    table_or_users_error(openpose.read, tmp_path / "a")


@BOUNDED
@given(changes=CHANGES)
def test_document(tmp_path, changes):
    (tmp_path / "clip_000000000000_keypoints.json").write_bytes(change(DOCUMENT, changes))
    table_or_users_error(openpose.read, tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["version", "people", "pose_keypoints_2d", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@BOUNDED
@given(document=st.fixed_dictionaries({"version": st.just(1.3) | JSON, "people": st.lists(JSON, max_size=3) | JSON}))
def test_json_of_any_shape(tmp_path, document):
    (tmp_path / "clip_000000000000_keypoints.json").write_text(json.dumps(document))
    table_or_users_error(openpose.read, tmp_path)
