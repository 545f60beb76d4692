"""Writes a pose table as OpenPose's JSON, one file per frame."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.pose.body25 import COLUMNS
from moodreel.storage.atomic import folder_replacement, replacement
from moodreel.tables.extraction import BODY_25

VERSION = 1.3
DECIMALS_PX, DECIMALS_CONFIDENCE = 3, 6
"""Digits after the point: a position that is read again is right to 0.0005 px (OpenPose's own six digits: 0.005 px at
1,000 px) and a confidence to 0.0000005."""

_WRITTEN = re.compile(r".+_\d{12}_keypoints\.json")
_EMPTY = (
    "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d",
    "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d",
)  # fmt: skip


def write(path: Path, pose: pl.DataFrame, name: str) -> None:
    """Write the frames of `pose` (columns of POSE) as `<name>_<frame, 12 digits>_keypoints.json`, atomically.

    path: a .zip archive, or a folder where it has another ending or none; a folder of that name is replaced where it
        holds nothing but such files.

    Frames with the status `not_imported` are left out, as in their source. Frames without a person have `people: []`.
    Keypoints that are not visible are 0, 0, 0: the confidence of a keypoint without a place is not kept, since
    OpenPose's readers take a confidence above 0 for a place. Nor are `people_seen`, `cut` and the person's confidence.
    Raises UserError where the folder holds other things.
    """
    documents = _documents(pose, name)
    if path.suffix.lower() == ".zip":
        with replacement(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, text in documents:
                entry = zipfile.ZipInfo(file)  # its date is fixed, so that the same table gives the same bytes
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, text)
        return
    with folder_replacement(path, lambda file: _WRITTEN.fullmatch(file.name) is not None) as folder:
        for file, text in documents:
            (folder / file).write_text(text, encoding="utf-8")


def _documents(pose: pl.DataFrame, name: str) -> Iterator[tuple[str, str]]:
    """Names and contents of all files, in order of the frames."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(f"{name!r} cannot begin a file's name")
    pose = pose.filter(pl.col("status") != "not_imported").sort("frame")
    body = pose.select(pl.col(COLUMNS).cast(pl.Float64)).to_numpy().reshape(len(pose), len(BODY_25), 3)
    rounded = np.concatenate([body[:, :, :2].round(DECIMALS_PX), body[:, :, 2:].round(DECIMALS_CONFIDENCE)], axis=2)
    rounded[np.isnan(rounded).any(2)] = 0
    for frame, status, points in zip(pose["frame"], pose["status"], rounded, strict=True):
        people = []
        if status == "ok" and points.any():
            people = [{"person_id": [-1], "pose_keypoints_2d": points.ravel().tolist(), **{key: [] for key in _EMPTY}}]
        document = {"version": VERSION, "people": people}
        yield f"{name}_{frame:012d}_keypoints.json", json.dumps(document, separators=(",", ":"))
