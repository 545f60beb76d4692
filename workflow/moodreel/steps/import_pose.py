"""Take over the body pose that OpenPose has read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.formats import alignment, openpose
from moodreel.formats.openpose.archive import sha256
from moodreel.pose.body25 import hide_unseen
from moodreel.settings.pose import PoseSettings
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.workflow import old_step as step

MOST_OUTSIDE = 0.2
"""Share of the keypoints that may lie outside the picture. Outside are a few at its edges, or very many where the
keypoints are of a picture of another size."""

_POINTS = [f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence")]


def drop_unsure(poses: pl.DataFrame, settings: PoseSettings, width: int | None, height: int | None) -> pl.DataFrame:
    """The POSE table `poses` with what extraction would not believe either taken out.

    People less sure than `min_confidence` become `low_confidence`, without points; points less sure than
    `min_visibility`, or outside a picture of `width` and `height` px (None: not known), lose their place. Raises
    UserError where more than `MOST_OUTSIDE` of the points lie outside.
    """
    poses = poses.with_columns(
        status=pl.when((pl.col("status") == "ok") & (pl.col("confidence") < settings.min_confidence))
        .then(pl.lit("low_confidence"))
        .otherwise("status")
    )
    poses = poses.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(*_POINTS)))
    body = poses.select(pl.col(*_POINTS).fill_null(float("nan"))).to_numpy().reshape(-1, 3)
    if width and height:
        seen = body[~np.isnan(body[:, 0]), :2]
        outside = ((seen < 0) | (seen >= (width, height))).any(1).mean() if len(seen) else 0.0
        if outside > MOST_OUTSIDE:
            x, y = seen.max(0)
            raise UserError(
                f"{outside:.0%} of the keypoints lie outside the picture of {width} x {height} px; they reach to "
                f"x = {x:.0f}, y = {y:.0f}. Was OpenPose run on this very video, with --keypoint_scale 0 (the default)?"
            )
    shown = hide_unseen(body, width or np.inf, height or np.inf, settings.min_visibility).reshape(
        len(poses), len(_POINTS)
    )
    return poses.with_columns(pl.DataFrame(shown, schema=_POINTS).with_columns(pl.all().fill_nan(None)))


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--file", type=Path, required=True, help="OpenPose's JSON: a folder, .zip or .tar(.gz)")
    parser.add_argument("--video", type=Path, help="the video it was read from; default: none is there")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    parser.add_argument("--rate-hz", type=float, help="frames per second, where there is no video")
    parser.add_argument("--out", type=Path, required=True, help="pose.parquet")
    args = parser.parse_args()
    settings = PoseSettings(**args.settings.get("pose", {}))
    if args.video and not args.video.is_file():
        raise UserError(f"--video {args.video}: there is no such file")
    poses = openpose.read(args.file)
    poses, facts = alignment.place_rows(
        poses, name=str(args.file), video=args.video, start_s=args.start_s, end_s=args.end_s, rate_hz=args.rate_hz
    )
    inputs = {str(args.file): sha256(args.file)}
    if args.video:
        inputs[str(args.video)] = atomic.sha256(args.video)
    stamp = make_stamp(
        code=args.code,
        settings={"pose": settings.model_dump(mode="json")},
        libraries=("av", "numpy", "polars", "pyarrow"),
        inputs=inputs,
        **{"reason": None, "start_s": args.start_s, "end_s": args.end_s, "format": "openpose", **facts},
    )
    with base.writer(args.out, POSE, stamp) as append:
        if len(poses):
            append(drop_unsure(poses, settings, facts.get("width"), facts.get("height")))
    if facts.get("mismatch"):
        print(facts["mismatch"])
    seen = (poses["status"] == "ok").sum()
    print(f"{args.file}: {facts.get('reason') or f'person in {seen} of {len(poses)} frames'}")


if __name__ == "__main__":
    step.run(main)
