"""Write a video's events: action units, emotions, clusters and labels as intervals of time."""

from pathlib import Path

from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.face import FACE
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(FACE, WINDOWS, LABELS),
        "clusters": Input(CLUSTERS, optional=True),
        "emotions": Input(EMOTION_SCORES, optional=True),
    },
    outputs={
        "elan": Output("events as tiers of ELAN, .eaf", optional=True),
        "events": Output("events as CSV", optional=True),
    },
    options={
        "video_id": Option("the video's id", required=True),
        "media": Option("the media file that ELAN's file links to; need not exist", Path),
    },
    settings=("export", "clusters.names"),
    with_missing=True,
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.features.labels import add_labels
    from moodreel.formats import elan, events

    out, video, settings = job.outputs, job.options.video_id, job.settings.export
    face, stamp = job.read("face"), job.stamp_of("face")
    backend = stamp.get("face_backend") or "unknown"
    windows, names = add_labels(job.read("windows"), job.read("labels")), job.settings.clusters.names
    clusters = job.read("clusters") if job.inputs.clusters and not job.missing else None
    scores = job.read("emotions") if job.inputs.emotions else None
    found = events.of(video, face, windows, clusters, settings, names, backend=backend, scores=scores)
    paths = [path for path in vars(out).values() if path]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    if out.events:
        events.write(out.events, found)
    if out.elan:
        tiers = events.tiers(face, settings.units, scores, clustered=clusters is not None)
        tier_names = {tier: elan.tier_name(tier, backend) for tier in tiers}
        on_tiers = found.with_columns(pl.col("tier").replace(tier_names))
        shift_s = elan.offset_s(stamp, job.options.media)
        elan.write(out.elan, on_tiers, [*tier_names.values()], media=job.options.media, shift_s=shift_s)
    print(f"{video}: " + ", ".join(map(str, paths)))
