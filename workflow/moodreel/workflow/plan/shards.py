"""Extraction shards: videos read together by one job, before their own jobs, so that its start is paid once."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel.storage import atomic
from moodreel.tables.stamp import read_stamp


def assign(videos: Collection[str], *, per_job: int) -> dict[str, str]:
    """The shard of each of `videos`, by the hash of its id: `<number>-of-<shards>`.

    The number of shards is the smallest power of two that leaves at most `per_job` videos to a shard on average, and
    the shard is given by the first bits of the id's SHA-256. So a video's shard depends on the number of other videos,
    not on which they are; and when their number outgrows the shards, each shard is split in two and none are mixed.
    """
    bits = max(0, (-(-len(videos) // per_job) - 1).bit_length())
    digits = len(str(2**bits - 1))
    return {video: f"{_first_bits(video, bits):0{digits}}-of-{2**bits}" for video in videos}


def _first_bits(text: str, bits: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") >> (256 - bits)


class Shards:
    """The shards of a run.

    They determine which job reads a video, not whether it is read: a video that no shard reads is read by its own job.

    rows: the resolved table of videos (tables/videos.py).
    per_job: approximate number of videos in a shard; with 1 there are no shards.
    code: fingerprint of the extraction's code.
    folder: folder of the manifests.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], *, per_job: int, code: str, folder: str) -> None:
        self._rows = {row["video"]: row for row in rows}
        self._per_job = per_job
        self._code = code
        self._folder = folder

    @cached_property
    def unread(self) -> dict[str, list[str]]:
        """By shard, the videos that it has to read; only shards that have any."""
        unread: dict[str, list[str]] = {}
        if self._per_job > 1:
            for video, shard in assign(self._rows, per_job=self._per_job).items():
                if not self._is_read(self._rows[video]):
                    unread.setdefault(shard, []).append(video)
        return unread

    @cached_property
    def read_before(self) -> dict[str, str]:
        """The shard of each video whose own job waits for it.

        While a job waits for a checkpoint, Snakemake evaluates none of its triggers, and it makes an absent checkpoint
        only for jobs that run anyway. So a video waits if none of its tables exists yet, since then its jobs run, or if
        the shard's manifest exists, which is out of date when its tables are. Otherwise its own job reads it.
        """
        return {
            video: shard
            for shard, videos in self.unread.items()
            for video in videos
            if Path(self.manifest(shard)).exists() or _is_new(self._rows[video])
        }

    def manifest(self, shard: str) -> str:
        """The file in which the shard's job lists the videos that it has read."""
        return f"{self._folder}/{shard}.json"

    def media(self, shard: str) -> list[str]:
        """The media files that the shard's job reads."""
        return [self._rows[video]["path"] for video in self.unread.get(shard, [])]

    def videos_as_json(self, shard: str) -> str:
        """The videos of the shard as one JSON string for its job."""
        keys = ("path", "folder", "start_s", "end_s")
        return json.dumps([{key: self._rows[video][key] for key in keys} for video in self.unread.get(shard, [])])

    def _is_read(self, row: Mapping[str, Any]) -> bool:
        """Whether the video's pose exists and is up to date, or has to be used as it is since the video is gone.

        The mesh does not count: where it is not kept, whether a job needs it is not known yet.
        """
        media, pose = Path(row["path"]), Path(row["folder"], "pose.parquet")
        exists = os.path.exists(media)  # unlike Path.exists, also where the folder may not be searched
        if not pose.exists():
            return False
        if row["kind"] == "file" and not exists:
            return True
        stamp = read_stamp(pose)
        if (stamp.get("code"), stamp.get("start_s"), stamp.get("end_s")) != (self._code, row["start_s"], row["end_s"]):
            return False
        newer = exists and media.stat().st_mtime > pose.stat().st_mtime
        return not newer or atomic.sha256(media) in stamp["inputs"].values()


def _is_new(row: Mapping[str, Any]) -> bool:
    """Whether neither the video's tables nor those made from them exist yet."""
    places = (("folder", "pose"), ("folder", "mesh"), ("face_folder", "face"))
    return not any(Path(row[folder], f"{name}.parquet").exists() for folder, name in places)
