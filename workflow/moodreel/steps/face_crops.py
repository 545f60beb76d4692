"""Cut the face out of each frame of a video whose mesh was read: take what extraction cut out on the way, or decode the
video once more."""

from __future__ import annotations

from pathlib import Path

from moodreel.errors import UserError
from moodreel.face_crops import writing
from moodreel.tables import base, staging
from moodreel.tables.extraction import MESH
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--mesh", type=Path, required=True, help="mesh.parquet of the video")
    parser.add_argument("--kind", required=True, help="how the face is cut out, such as aligned-224-95")
    parser.add_argument("--out", type=Path, required=True, help="face_crops.parquet")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of OpenCV")
    args = parser.parse_args()
    if not args.video.is_file():
        raise UserError(f"--video {args.video}: there is no such file")
    base.read(args.mesh, MESH, columns=[])  # checks that it is this table and version
    stamp = writing.stamp(args.kind, args.code, base.read_stamp(args.mesh))
    if staging.take([args.out], writing.CropsRecipe(stamp)):
        print(f"{args.video}: cut out before, when it was read")
        return
    # heavy, and only now
    import cv2

    from moodreel.video.decode import frames
    from moodreel.video.errors import VideoError
    from moodreel.video.probe import audio_start_s
    from moodreel.video.progress import Progress

    cv2.setNumThreads(args.threads)
    progress = Progress()
    progress.begin(str(args.video), args.start_s or 0.0)
    with base.writer(args.out, FACE_CROPS, stamp) as append:
        try:
            with frames(args.video, start_s=args.start_s, end_s=args.end_s) as decoding:
                for part in writing.cut(progress.count(decoding), args.mesh, args.kind):
                    append(part)
            stamp |= {**decoding.facts, "sound_start_s": audio_start_s(args.video)}
        except VideoError as error:
            stamp |= {"reason": error.reason, "detail": error.detail}
    print(f"{args.video}: {stamp['reason'] or f'faces cut out of one more decode ({progress})'}")


if __name__ == "__main__":
    step.run(main)
