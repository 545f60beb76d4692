"""Score emotions of one face in each frame of a video (docs/emotions.md says what such scores are worth)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from moodreel.emotions.detectors import open_detector
from moodreel.emotions.networks import FINDERS, SCORER, required_networks
from moodreel.emotions.score import BATCH, scores, scores_of_crops
from moodreel.emotions.scorers import open_scorer
from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.networks.session import Device, open_session
from moodreel.settings.emotions import EmotionsSettings
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp, onnxruntime_name
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.progress import Progress
from moodreel.workflow import old_step as step

OF_CROPS = ("table", "schema_version", "mesh", "form")
"""What the stamp of face crops says of them and not of the video."""


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--video", type=Path, help="media file; with the detector `mesh`, --crops instead")
    parser.add_argument("--models", type=Path, required=True, help="folder of the converted networks")
    parser.add_argument("--detector", choices=list(FINDERS), required=True, help="who finds the face")
    parser.add_argument("--crops", type=Path, help="face_crops.parquet of the backend's kind, for the detector `mesh`")
    parser.add_argument("--out", type=Path, required=True, help="emotions.parquet")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    step.add_where(parser)
    args = parser.parse_args()
    settings = EmotionsSettings(**args.settings.get("emotions", {}))
    if settings.backend == "none":
        raise UserError("emotions.backend: none scores nothing; docs/emotions.md says how to turn it on")
    if (args.detector == "mesh", args.detector != "mesh") != (args.crops is not None, args.video is not None):
        parser.error("give --crops with the detector mesh, and --video with any other")
    if args.crops:
        base.read(args.crops, FACE_CROPS, columns=[])  # checks that it is this table and version
    import cv2

    cv2.setNumThreads(args.threads or 1)
    device: Device = args.device or "cpu"
    names = required_networks(settings.backend, args.detector)
    paths = dict(zip(names, catalogue.paths(args.models, names), strict=True))

    def run(path: Path, batch: int = 1) -> Any:
        return open_session(path, device=device, threads=args.threads or 1, batch=batch).run

    scorer = open_scorer(settings.backend, run(paths[SCORER[settings.backend]], BATCH))
    stamp = make_stamp(
        code=args.code,
        settings={"emotions": settings.model_dump(mode="json"), "detector": args.detector},
        libraries=("av", "numpy", "opencv-contrib-python-headless", onnxruntime_name()),
        models={name: atomic.sha256(path) for name, path in paths.items()},
        inputs={str(path): atomic.sha256(path) for path in (args.video, args.crops) if path},
        reason=None,
        start_s=args.start_s,
        end_s=args.end_s,
    )
    seen = rows = 0

    def count(table: pl.DataFrame) -> pl.DataFrame:
        nonlocal seen, rows
        rows, seen = rows + len(table), seen + len(table) - table["neutral"].null_count()
        return table

    with base.writer(args.out, EMOTION_SCORES, stamp) as append:
        if args.crops:
            for table in scores_of_crops(args.crops, args.detector, scorer):
                append(count(table))
            there = base.read_stamp(args.crops)
            stamp |= {key: there[key] for key in there if key not in stamp and key not in OF_CROPS}
            stamp["reason"] = there["reason"]
        else:
            progress = Progress()
            progress.begin(str(args.video), args.start_s or 0.0)
            detector = open_detector(args.detector, files=paths, run=run)
            try:
                with frames(args.video, start_s=args.start_s, end_s=args.end_s) as decoding:
                    for table in scores(progress.count(decoding), detector, args.detector, scorer):
                        append(count(table))
                stamp |= decoding.facts
            except VideoError as error:
                stamp |= {"reason": error.reason, "detail": error.detail}
    print(f"{args.video or args.crops}: {stamp['reason'] or f'a face in {seen} of {rows} frames'}")


if __name__ == "__main__":
    step.run(main)
