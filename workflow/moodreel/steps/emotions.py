"""Score emotions of one face in each frame of a video (docs/emotions.md says what such scores are worth)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moodreel import files, provenance
from moodreel.emotions.detectors import open_detector
from moodreel.emotions.networks import FINDERS, SCORER, needed
from moodreel.emotions.score import BATCH, scores
from moodreel.errors import UserError
from moodreel.models import catalogue
from moodreel.models.session import open_session
from moodreel.settings.emotions import EmotionsSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.progress import Progress


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--models", type=Path, required=True, help="folder of the converted networks")
    parser.add_argument("--detector", choices=list(FINDERS), required=True, help="who finds the face")
    parser.add_argument("--mesh", type=Path, help="mesh.parquet of the video, for the detector `mesh`")
    parser.add_argument("--out", type=Path, required=True, help="emotions.parquet")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    command.add_where(parser)
    args = parser.parse_args()
    settings = EmotionsSettings(**args.settings.get("emotions", {}))
    if settings.backend == "none":
        raise UserError("emotions.backend: none scores nothing; docs/emotions.md says how to turn it on")
    if (args.detector == "mesh") != (args.mesh is not None):
        parser.error("give --mesh with the detector mesh, and with no other")
    import cv2

    cv2.setNumThreads(args.threads or 1)
    device = args.device or "cpu"
    names = needed(settings.backend, args.detector)
    paths = dict(zip(names, catalogue.paths(args.models, names), strict=True))

    def run(path: Path, batch: int = 1) -> Any:
        return open_session(path, device=device, threads=args.threads or 1, batch=batch).run

    scorer = run(paths[SCORER[settings.backend]], BATCH)
    detector = open_detector(args.detector, files=paths, run=run, mesh=args.mesh)
    stamp = provenance.stamp(
        code=args.code,
        settings={"emotions": settings.model_dump(mode="json"), "detector": args.detector},
        libraries=("av", "numpy", "opencv-contrib-python-headless", provenance.runtime()),
        models={name: files.sha256(path) for name, path in paths.items()},
        inputs={str(path): files.sha256(path) for path in (args.video, args.mesh) if path},
        reason=None,
        start_s=args.start_s,
        end_s=args.end_s,
    )
    progress = Progress()
    progress.begin(str(args.video), args.start_s or 0.0)
    seen = rows = 0
    with base.writer(args.out, EMOTION_SCORES, stamp) as append:
        try:
            with frames(args.video, start_s=args.start_s, end_s=args.end_s) as decoding:
                for table in scores(progress.count(decoding), detector, args.detector, scorer):
                    append(table)
                    rows, seen = rows + len(table), seen + len(table) - table["neutral"].null_count()
            stamp |= decoding.facts
        except VideoError as error:
            stamp |= {"reason": error.reason, "detail": error.detail}
    print(f"{args.video}: {stamp['reason'] or f'a face in {seen} of {rows} frames ({progress})'}")


if __name__ == "__main__":
    command.run(main)
