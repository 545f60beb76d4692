"""Score emotions of one face in each frame of a video (docs/emotions.md describes the limits of such scores)."""

from pathlib import Path

from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={
        "video": Input("media file; with the detector mesh, --crops instead", optional=True),
        "crops": Input(FACE_CROPS, optional=True),
    },
    outputs={"out": Output(EMOTION_SCORES)},
    options={
        "models": Option("folder of the converted networks", Path, required=True),
        "detector": Option("face detector", choices=("mesh", "haar", "mtcnn", "facenet"), required=True),
        "start_s": Option("leave out what comes before this time since the first frame", float),
        "end_s": Option("leave out what comes at this time or later", float),
        "device": Option("where the networks run", default="cpu", choices=("cpu", "cuda")),
        "threads": Option("CPU threads per network", int, default=1),
    },
    settings=("emotions", "limits"),
    libraries=("av", "numpy", "opencv-contrib-python-headless", "onnxruntime"),
    guarded=True,
)
def main(job: Job) -> None:
    import cv2

    from moodreel.emotions import score
    from moodreel.emotions.detectors import open_detector
    from moodreel.emotions.networks import SCORER, required_networks
    from moodreel.emotions.scorers import open_scorer
    from moodreel.errors import UserError
    from moodreel.networks import catalogue
    from moodreel.networks.session import open_session
    from moodreel.storage import atomic
    from moodreel.tables import base

    video, crops, options, settings = job.inputs.video, job.inputs.crops, job.options, job.settings.emotions
    if settings.backend == "none":
        raise UserError("emotions.backend: none gives no scores; docs/emotions.md describes how to turn them on")
    if (options.detector == "mesh", options.detector != "mesh") != (crops is not None, video is not None):
        job.refuse("give --crops with the detector mesh, and --video with any other")
    if crops:
        job.read("crops", [])  # checks that it is this table and version
    cv2.setNumThreads(options.threads)
    names = required_networks(settings.backend, options.detector)
    networks = dict(zip(names, catalogue.paths(options.models, names), strict=True))
    where = {"device": options.device, "threads": options.threads}
    scorer = open_scorer(
        settings.backend, open_session(networks[SCORER[settings.backend]], **where, batch=score.BATCH).run
    )
    stamp = job.stamp(
        settings={
            "emotions": settings.model_dump(mode="json"),
            "limits": job.settings.limits.model_dump(mode="json"),
            "detector": options.detector,
        },
        models={name: atomic.sha256(path) for name, path in networks.items()},
        reason=None,
        start_s=options.start_s,
        end_s=options.end_s,
    )
    if crops:
        parts = score.scores_of_crops(crops, options.detector, scorer)
        stamp |= score.facts_of_crops(crops, stamp)
    else:
        detector = open_detector(options.detector, files=networks, run=lambda path: open_session(path, **where).run)
        parts = score.scores_of_video(
            video,
            detector,
            options.detector,
            scorer,
            stamp,
            start_s=options.start_s,
            end_s=options.end_s,
            limits=job.settings.limits,
        )
    seen = rows = 0
    with base.writer(job.outputs.out, EMOTION_SCORES, stamp) as append:
        for part in parts:
            append(part)
            rows, seen = rows + len(part), seen + len(part) - part["neutral"].null_count()
    print(f"{video or crops}: {stamp['reason'] or f'a face in {seen} of {rows} frames'}")
