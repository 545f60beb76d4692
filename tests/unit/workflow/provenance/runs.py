"""A small run as it lies on the disk: a video, its table, a result, and the record of all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.digests import DIGESTS
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.schema import Table
from moodreel.workflow.provenance import contents, crate, run_record
from moodreel.workflow.provenance.crate import Entry, Making

SOUND = Making("soundtrack", "aa-0", {"music": {"rate": 1}}, {}, {"av": "1"})
CLUSTER = Making("cluster", "bb-0", {"clusters": {"k": 2}}, {}, {"numpy": "2"})


def table_of(spec: Table, rows: int, seed: float) -> pl.DataFrame:
    """A table of this kind with numbers in every decimal column."""
    columns = {}
    for name, kind in base.polars_schema(spec).items():
        numbers = np.sin(np.arange(rows) + seed)
        columns[name] = pl.Series(numbers) if kind.is_float() else pl.Series(np.arange(rows)).cast(kind, strict=False)
    return pl.DataFrame(columns).cast(dict(base.polars_schema(spec)))


def run(
    folder: Path,
    *,
    name: str = "r",
    seed: float = 0.0,
    code: str = "aa-0",
    sound: Making = SOUND,
    cluster: Making = CLUSTER,
) -> Path:
    """Lay the run out in `folder`, and return its record's path."""
    video, soundtrack = folder / "clip.mp4", folder / "results" / "videos" / "v" / "soundtrack.parquet"
    result = folder / "results" / "runs" / name / "silhouette.tsv"
    video.parent.mkdir(parents=True, exist_ok=True)
    video.write_bytes(b"a film")
    stamp = make_stamp(code=code, settings={"music": {"rate": 1}}, inputs={"clip.mp4": atomic.sha256(video)})
    base.write(soundtrack, SOUNDTRACK, table_of(SOUNDTRACK, 5, seed), stamp)
    base.write_tsv(result, SILHOUETTE, table_of(SILHOUETTE, 4, seed))
    result.with_name("map.png").write_bytes(f"a picture {seed}".encode())
    here = f"results/runs/{name}"
    entries = [
        Entry("sources/v.mp4", "clip.mp4"),
        Entry("videos/v/soundtrack.parquet", "results/videos/v/soundtrack.parquet", making=sound, inputs=("sources/v.mp4",)),
        Entry("silhouette.tsv", f"{here}/silhouette.tsv", making=cluster, inputs=("videos/v/soundtrack.parquet",)),
        Entry("map.png", f"{here}/map.png", making=cluster, inputs=("silhouette.tsv",)),
    ]  # fmt: skip
    files = {entry.name: folder / entry.path for entry in entries}
    entries = [
        replace(one, bytes=files[one.name].stat().st_size, sha256=atomic.sha256(files[one.name])) for one in entries
    ]
    facts = {"run": name, "made_at": "2026-01-01T00:00:00+00:00", "version": "1", "commit": "c0ffee", "settings": {"run": name}}  # fmt: skip
    path = result.with_name(crate.NAME)
    atomic.write_text(path, crate.to_json(facts, entries))
    rows = [
        (name, *run_record.row(digest))
        for name, file in files.items()
        if contents.by_value(file)
        for digest in contents.digests(file)
    ]
    frame = pl.DataFrame(rows, schema=base.polars_schema(DIGESTS), orient="row")
    base.write(path.with_name(run_record.DIGESTS_NAME), DIGESTS, frame, {})
    return path


def edited(path: Path, *, files: list[Entry] | None = None, **head: object) -> Path:
    """The record with other files, or other facts of the run."""
    facts, found = crate.from_json(path.read_text(encoding="utf-8"))
    path.write_text(crate.to_json(facts | head, [*found.values()] if files is None else files), encoding="utf-8")
    return path


def files_of(path: Path) -> dict[str, Entry]:
    """The files that the record lists."""
    return crate.from_json(path.read_text(encoding="utf-8"))[1]
