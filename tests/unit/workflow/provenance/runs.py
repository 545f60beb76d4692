"""A small run as it lies on the disk: a video, its table, a result, and the manifest of all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.manifest import DIGESTS
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.schema import Table
from moodreel.workflow.provenance import facts, record
from moodreel.workflow.provenance.record import Entry

MAKINGS = {
    "soundtrack-1": {
        "step": "soundtrack",
        "settings": {"music": {"rate": 1}},
        "code": "aa-0",
        "models": {},
        "libraries": {"av": "1"},
    },
    "cluster-1": {
        "step": "cluster",
        "settings": {"clusters": {"k": 2}},
        "code": "bb-0",
        "models": {},
        "environment": "e1",
    },
}


def table_of(spec: Table, rows: int, seed: float) -> pl.DataFrame:
    """A table of this kind with numbers in every decimal column."""
    columns = {}
    for name, kind in base.polars_schema(spec).items():
        numbers = np.sin(np.arange(rows) + seed)
        columns[name] = pl.Series(numbers) if kind.is_float() else pl.Series(np.arange(rows)).cast(kind, strict=False)
    return pl.DataFrame(columns).cast(dict(base.polars_schema(spec)))


def run(folder: Path, *, name: str = "r", seed: float = 0.0, makings: dict | None = None, code: str = "aa-0") -> Path:
    """Lay the run out in `folder`, and return its manifest's path."""
    video, sound = folder / "clip.mp4", folder / "results" / "videos" / "v" / "soundtrack.parquet"
    result = folder / "results" / "runs" / name / "silhouette.tsv"
    video.parent.mkdir(parents=True, exist_ok=True)
    video.write_bytes(b"a film")
    stamp = make_stamp(code=code, settings={"music": {"rate": 1}}, inputs={"clip.mp4": atomic.sha256(video)})
    base.write(sound, SOUNDTRACK, table_of(SOUNDTRACK, 5, seed), stamp)
    base.write_tsv(result, SILHOUETTE, table_of(SILHOUETTE, 4, seed))
    picture = result.with_name("map.png")
    picture.write_bytes(f"a picture {seed}".encode())
    entries = [
        Entry("sources/v.mp4", "clip.mp4"),
        Entry(
            "videos/v/soundtrack.parquet",
            "results/videos/v/soundtrack.parquet",
            making="soundtrack-1",
            inputs=("sources/v.mp4",),
        ),
        Entry(
            "silhouette.tsv",
            f"results/runs/{name}/silhouette.tsv",
            making="cluster-1",
            inputs=("videos/*/soundtrack.parquet",),
        ),
        Entry("map.png", f"results/runs/{name}/map.png", making="cluster-1", inputs=("silhouette.tsv",)),
    ]
    found = {entry.name: facts.of(folder / entry.path) for entry in entries}
    entries = [replace(e, bytes=found[e.name]["bytes"], sha256=found[e.name]["sha256"]) for e in entries]
    head = {
        "run": name,
        "made_at": "2026-01-01T00:00:00+00:00",
        "version": "1",
        "commit": "c0ffee",
        "settings": {"run": name},
    }
    head |= {"environments": {"e1": {"numpy": "2"}}, "makings": makings or MAKINGS}
    path = result.with_name(record.NAME)
    atomic.write_text(path, record.text(head, entries))
    rows = [(name, *record.row(digest)) for name, about in found.items() for digest in about["digests"]]
    frame = pl.DataFrame(rows, schema=base.polars_schema(DIGESTS), orient="row")
    base.write(path.with_name(record.DIGESTS_NAME), DIGESTS, frame, {})
    return path


def edited(path: Path, **head: object) -> Path:
    """The manifest with other keys."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **head}))
    return path
