"""A run that is made again, under another hash seed and on another number of cores, holds the same bytes."""

import json
import re
from pathlib import Path

from moodreel.workflow.provenance import crate
from workflow.workplace import jobs

CLIP = "results/sources/builtin-0/hopper-jaw_open-1.mp4"
"""One clip is made and read again, to spare time, and with it all that is made of several videos."""

NOT_AGAIN = {"extract_shard", "model"}
"""Rules that need not run again: networks are kept from one test session to the next."""

FOLDERS = ("runs", "videos", "sources", "performers")

WRITTEN_AT = {
    "exports/elan/": "ELAN asks for the time of writing",
    crate.NAME: "it says when each job was run, and what ELAN's files hold",
}
"""What holds the time at which it was written, by a part of its path, and why."""


def contents(folder: Path) -> dict[str, bytes]:
    """By path, what lies in the results."""
    paths = [path for name in FOLDERS for path in (folder / "results" / name).rglob("*")]
    files = [path for path in paths if path.is_file() and path.name[0] != "."]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def without_times(path: str, content: bytes) -> bytes:
    """The content but for the times at which it was written."""
    if "exports/elan/" in path:
        return re.sub(rb' DATE="[^"]*"', b"", content, count=1)
    if path.endswith(crate.NAME):
        timed = ("datePublished", "startTime", "endTime")
        graph = [{k: v for k, v in one.items() if k not in timed} for one in json.loads(content)["@graph"]]
        return json.dumps([{**one, "sha256": ""} if "exports/elan/" in one["@id"] else one for one in graph]).encode()
    return content


def test_every_file_is_the_same(chain, tmp_path, monkeypatch):
    place = chain.copied(tmp_path / "again")
    before = contents(place.folder)
    everything = set(place.would_do("--forceall")) - NOT_AGAIN
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert set(jobs(place.snakemake("--cores", "1", "--forcerun", CLIP, "table", "describe", "--"))) == everything
    after = contents(place.folder)
    assert after.keys() == before.keys()
    changed = [path for path in after if without_times(path, after[path]) != without_times(path, before[path])]
    assert not changed
    timed = [path for path in after if after[path] != before[path]]
    assert all(any(name in path for name in WRITTEN_AT) for path in timed)
