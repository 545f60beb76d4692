"""Read body pose and face mesh from a video, decoding it once; or one of them, where the other comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

from moodreel.errors import UserError
from moodreel.tables import staging
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--models", type=Path, required=True, help="folder of the converted networks")
    parser.add_argument("--pose-out", type=Path, help="pose.parquet; left out: the pose is known")
    parser.add_argument("--pose", type=Path, help="pose.parquet, where it is known: it shows where the head is")
    parser.add_argument("--mesh-out", type=Path, help="mesh.parquet; left out: no face is looked for")
    step.add_where(parser)
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    step.add_crops(parser)
    args = parser.parse_args()
    if (args.pose_out is None) == (args.pose is None):
        parser.error("give --pose-out, where the pose is to be read, or --pose, where it is known")
    if args.pose_out is None and args.mesh_out is None:
        parser.error("give --pose-out, --mesh-out or both")
    if not args.video.is_file():
        raise UserError(f"--video {args.video}: there is no such file")
    if args.pose_out and args.mesh_out:
        recipe = staging.Recipe(args.code, args.settings, args.models, args.video, args.start_s, args.end_s)
        if staging.take((args.pose_out, args.mesh_out), recipe):
            print(f"{args.video}: read before, with its shard")
            return
    # heavy, and only now: where a shard has read the video, this takes a tenth of the time
    import cv2

    from moodreel.extraction.job import Job, Sections, Video, crops_beside

    sections = Sections.of(args.settings).on(device=args.device, threads=args.threads, lanes=args.lanes)
    cv2.setNumThreads(sections.extraction.threads)
    crops = crops_beside(args.mesh_out, args.crops) if args.mesh_out else ()
    video = Video(args.video, args.pose_out, args.mesh_out, args.start_s, args.end_s, args.pose, crops)
    Job(sections, args.models, args.code).extract([video])


if __name__ == "__main__":
    step.run(main)
