"""Write a video's tables in the formats of other programs."""

from pathlib import Path

from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.trust import UNIT_TRUST
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(POSE, FACE, WINDOWS, LABELS, CLUSTERS, optional=True),
        "emotions": Input(EMOTION_SCORES, optional=True),
    },
    outputs={
        "openface": Output("the face as OpenFace's CSV", optional=True),
        "trust": Output(UNIT_TRUST, optional=True),
        "openpose": Output("the body as OpenPose's JSON: a .zip, or a folder", optional=True),
        "elan": Output("events as tiers of ELAN, .eaf", optional=True),
        "events": Output("events as CSV", optional=True),
        "scores": Output("emotion scores as CSV", optional=True),
    },
    options={
        "video_id": Option("the video's id", required=True),
        "media": Option("the media file that ELAN's file links to; need not exist", Path),
    },
    settings=("export", "clusters.names"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.face import trust
    from moodreel.features.labels import add_labels
    from moodreel.formats import elan, events, openface, openpose
    from moodreel.storage.atomic import write_text

    given, out, options, settings = job.inputs, job.outputs, job.options, job.settings.export
    of_events = ("face", "windows", "labels", "clusters")
    needs = {
        "openface": ("face",), "trust": ("face",), "openpose": ("pose",), "elan": of_events, "events": of_events,
        "scores": ("emotions",),
    }  # fmt: skip
    paths = {name: path for name, path in vars(out).items() if path}
    needed = dict.fromkeys(name for wanted in paths for name in needs[wanted])
    if missing := [f"--{name}" for name in needed if getattr(given, name) is None]:
        job.refuse(f"{', '.join(f'--{name}-out' for name in paths)}: also give {', '.join(missing)}")
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    face = job.read("face") if given.face else pl.DataFrame()
    scores = job.read("emotions") if given.emotions else None
    stamp = job.stamp_of("face") if given.face else {}
    backend = stamp.get("face_backend") or "unknown"
    if out.openpose:
        openpose.write(out.openpose, job.read("pose"), options.video_id)
    if out.openface:
        openface.write(out.openface, face, absent=settings.absent)
    if out.trust:
        job.write("trust", trust.table(backend))
    if out.scores:
        write_text(out.scores, job.read("emotions").write_csv(float_precision=6))
    if out.events or out.elan:
        windows, names = add_labels(job.read("windows"), job.read("labels")), job.settings.clusters.names
        tables = (face, windows, job.read("clusters"))
        found = events.of(options.video_id, *tables, settings, names, backend=backend, scores=scores)
    if out.events:
        events.write(out.events, found)
    if out.elan:
        tier_names = {tier: elan.tier_name(tier, backend) for tier in events.tiers(face, settings.units, scores)}
        on_tiers = found.with_columns(pl.col("tier").replace(tier_names))
        shift_s = elan.offset_s(stamp, options.media)
        elan.write(out.elan, on_tiers, [*tier_names.values()], media=options.media, shift_s=shift_s)
    print(f"{options.video_id}: " + ", ".join(map(str, paths.values())))
