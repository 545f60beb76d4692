"""Read body pose and face mesh from a video, decoding it once."""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path
from typing import Any

import cv2

from moodreel import extraction, files, pose, provenance
from moodreel.errors import UserError
from moodreel.face import mesh
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.video.decode import Decoding, frames
from moodreel.video.errors import VideoError
from moodreel.video.probe import audio_start_s
from moodreel.video.progress import Progress


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--models", type=Path, required=True, help="folder of the converted networks")
    parser.add_argument("--pose-out", type=Path, required=True, help="pose.parquet")
    parser.add_argument("--mesh-out", type=Path, required=True, help="mesh.parquet")
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), help="where the networks run; default: as the settings say"
    )
    parser.add_argument("--threads", type=int, help="CPU threads per network; default: as the settings say")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    args = parser.parse_args()
    if not args.video.is_file():
        raise UserError(f"--video {args.video}: there is no such file")
    sections = {
        "pose": PoseSettings(**args.settings.get("pose", {})),
        "face": FaceSettings(**args.settings.get("face", {})),
        "extraction": ExtractionSettings(**args.settings.get("extraction", {})),
    }
    for name in ("device", "threads"):
        if (given := getattr(args, name)) is not None:
            sections["extraction"] = sections["extraction"].model_copy(update={name: given})
    networks = (*pose.MODELS[sections["pose"].backend], *mesh.MODELS[sections["face"].backend])
    cv2.setNumThreads(sections["extraction"].threads)
    body = pose.open_tracker(args.models, sections["pose"], sections["extraction"])
    face = mesh.open_tracker(args.models, sections["face"], sections["extraction"])
    stamp = provenance.stamp(
        code=args.code,
        settings={name: section.model_dump(mode="json") for name, section in sections.items()},
        libraries=("av", "numpy", "opencv-python-headless", _runtime()),
        models={name: files.sha256(args.models / f"{name}.onnx") for name in networks},
        inputs={str(args.video): files.sha256(args.video)},
        reason=None,
        start_s=args.start_s,
        end_s=args.end_s,
    )
    with (
        base.writer(args.pose_out, POSE, stamp) as append_pose,
        base.writer(args.mesh_out, MESH, stamp) as append_mesh,
    ):
        try:
            with frames(args.video, start_s=args.start_s, end_s=args.end_s) as decoding:
                progress = _progress(decoding, args)
                for poses, meshes in extraction.tables(
                    progress.count(decoding), body, face, min_visibility=sections["pose"].min_visibility
                ):
                    append_pose(poses)
                    append_mesh(meshes)
                stamp |= _facts(decoding)
            stamp["sound_start_s"] = audio_start_s(args.video)
        except VideoError as error:
            stamp |= {"reason": error.reason, "detail": error.detail}
    if stamp["reason"]:
        print(f"{args.video}: {stamp['reason']}")
    else:
        lost = f"; {decoding.corrupt} packets could not be decoded" if decoding.corrupt else ""
        print(f"{args.video}: {progress}{lost}")


def _progress(decoding: Decoding, args: argparse.Namespace) -> Progress:
    """Lines in the log while the part of the video that was asked for is read."""
    ends_s = [end_s for end_s in (args.end_s, decoding.announced_duration_s) if end_s is not None]
    return Progress(
        args.start_s or 0.0,
        min(ends_s, default=None),
        say=lambda line: print(f"{args.video}: {line}", flush=True),
    )


def _facts(decoding: Decoding) -> dict[str, Any]:
    """What decoding has taught about the file, for the stamp."""
    return {
        "codec": decoding.codec,
        "width": decoding.width,
        "height": decoding.height,
        "rotation": decoding.rotation,
        "mirrored": decoding.mirrored,
        "average_rate_hz": decoding.average_rate_hz,
        "picture_start_s": decoding.first_pts_s,
        "frames_decoded": decoding.decoded,
        "corrupt_packets": decoding.corrupt,
        "patched_frames": decoding.patched,
        "mended_times": decoding.mended_times,
        "size_changes": decoding.size_changes,
    }


def _runtime() -> str:
    """The name under which onnxruntime is installed."""
    try:
        importlib.metadata.version("onnxruntime-gpu")
    except importlib.metadata.PackageNotFoundError:
        return "onnxruntime"
    return "onnxruntime-gpu"


if __name__ == "__main__":
    command.run(main)
