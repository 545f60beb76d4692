"""A built-in clip as a file: H.264 and AAC in MP4, marked as synthetic."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import ffmpeg
import imageio_ffmpeg
import numpy as np

from moodreel.demo.catalogue import Clip
from moodreel.storage.atomic import replacement

COMMENT = (
    "synthetic: made by moodreel from a public portrait, moved by displacement fields; "
    "nobody acted this, and no feeling is ascribed to the person shown"
)


def write(
    path: str | Path,
    clip: Clip,
    pictures: Iterable[np.ndarray],
    soundtrack: np.ndarray,
    *,
    side_px: int,
    rate_hz: int,
    audio_rate_hz: int,
) -> None:
    """Write `pictures`, RGB uint8 (side_px, side_px, 3), and `soundtrack`, float32 (samples,), as an MP4, atomically.

    The same input gives the same file, byte for byte, with the same ffmpeg. Raises RuntimeError with ffmpeg's message
    where it fails.
    """
    with replacement(path) as temporary, tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        sound = Path(folder) / "soundtrack.f32le"
        sound.write_bytes(soundtrack.astype("<f4").tobytes())
        inputs = (
            # Converted to YUV here, at a third of the cost of ffmpeg's scaler.
            ffmpeg.input("pipe:", format="rawvideo", pix_fmt="yuv420p", s=f"{side_px}x{side_px}", r=rate_hz),
            ffmpeg.input(str(sound), format="f32le", ar=audio_rate_hz, ac=1),
        )
        options = {
            "c:v": "libx264", "preset": "veryfast", "crf": 20, "threads": 1, "pix_fmt": "yuv420p",
            "colorspace": "smpte170m", "color_range": "tv",
            "c:a": "aac", "b:a": "96k",
            "movflags": "+faststart", "map_metadata": -1,
            "fflags": "+bitexact", "flags:v": "+bitexact", "flags:a": "+bitexact",
            "metadata:g:0": f"title={clip.video} (synthetic)", "metadata:g:1": f"comment={COMMENT}",
        }  # fmt: skip
        process = (
            ffmpeg.output(*inputs, str(temporary), **options)
            .global_args("-loglevel", "error", "-nostats")
            .overwrite_output()
            .run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stdin=True, pipe_stderr=True)
        )
        try:
            for picture in pictures:
                process.stdin.write(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).data)
        except BrokenPipeError:
            pass  # ffmpeg has failed; its message is raised below
        except BaseException:
            process.kill()
            raise
        finally:
            message = process.communicate()[1]
        if process.returncode:
            raise RuntimeError(f"{path}: ffmpeg failed: {message.decode(errors='replace').strip()}")
