"""Clips in every container and codec at hand, and the tools to write clips that the other makers use."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
from tests.bad_input.case import Case, Make, Refused, Rows
from tests.bad_input.pictures import coded

FRAMES = 24
SECONDS_LIMIT = 60


def ffmpeg(*arguments: object, stdin: bytes | None = None) -> None:
    """Run the ffmpeg of the environment. Raises RuntimeError with its message where it fails."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin", *map(str, arguments)]
    done = subprocess.run(command, input=stdin or b"", check=False, timeout=SECONDS_LIMIT, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-2000:]}")


def encode(
    path: Path,
    *output: object,
    frames: int = FRAMES,
    rate: str | int = 25,
    size: tuple[int, int] = (64, 48),
    before: Iterable[object] = (),
    first: int = 0,
) -> Path:
    """Write coded pictures (`pictures.coded`), numbered from `first`, to a file with ffmpeg's options `output`; `before`
    are further inputs."""
    width, height = size
    pictures = b"".join(coded(number, width, height).tobytes() for number in range(first, first + frames))
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", rate, "-i", "pipe:")
    same = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", 1)
    ffmpeg(*raw, *before, *output, *same, literal(path), stdin=pictures)
    return path


def literal(path: Path) -> str:
    """The path as ffmpeg takes it, whatever the name is."""
    return f"file:{path}"


def times(rate: str | int = 25, frames: int = FRAMES) -> tuple[float, ...]:
    """Times in seconds of frames at a constant rate."""
    return tuple(float(number / Fraction(rate)) for number in range(frames))


def clip(path: Path) -> Path:
    """The clean clip: 24 pictures at 25 Hz, H.264 in MP4, each of them a key frame."""
    return encode(path, "-c:v", "libx264", "-preset", "ultrafast", "-g", 1, "-pix_fmt", "yuv420p")


@dataclass(frozen=True)
class Written:
    """A clip written by ffmpeg: the codec's options and the containers that hold it."""

    codec: str
    containers: str
    options: str = "-pix_fmt yuv420p"
    rate: str | int = 25
    size: tuple[int, int] = (64, 48)
    note: str = ""

    def cases(self) -> Iterable[Case]:
        """One case for each container."""
        for container in self.containers.split():
            name = f"{self.codec.removeprefix('lib')} in {container}" + ("" if self.rate == 25 else f" at {self.rate}")
            bframes = " with B-frames" if "-bf 2" in self.options else ""
            yield Case(
                name + bframes + self.note,
                "containers and codecs",
                self.maker(container),
                "video",
                (Rows(FRAMES, times(self.rate)),),
            )

    def maker(self, container: str) -> Make:
        """Writes the clip into this container, named by its suffix or `suffix:muxer`."""
        suffix, _, muxer = container.partition(":")

        def make(folder: Path) -> Path:
            form = ("-f", muxer) if muxer else ()
            options = ("-c:v", self.codec, *self.options.split(), *form)
            return encode(folder / f"clip.{suffix}", *options, rate=self.rate, size=self.size)

        return make


B_FRAMES = "-pix_fmt yuv420p -g 12 -bf 2"
PLAIN = "-pix_fmt yuv420p -g 6 -bf 0"

CLIPS = (
    Written("libx264", "mp4 mov mkv ts flv avi 3gp mxf f4v m2ts:mpegts m4v:mp4", PLAIN + " -preset ultrafast"),
    Written("libx264", "mp4 mov mkv ts flv avi f4v", B_FRAMES),
    Written("libx264", "avi mkv mp4 flv ts", B_FRAMES, "30000/1001"),
    Written("libx264", "avi mp4", B_FRAMES, 30),
    Written("libx264", "avi mp4 mkv ts", PLAIN, "24000/1001"),
    Written("libx264", "mp4 mkv avi", PLAIN, 60),
    Written("libx264", "mp4 mkv avi", PLAIN, "120000/1001"),
    Written("libx264", "mp4 mkv avi ts", PLAIN, 5),
    Written("libx265", "mp4 mkv ts mov", "-pix_fmt yuv420p -x265-params log-level=none:pools=none:frame-threads=1"),
    Written("libsvtav1", "mp4 mkv webm ivf", "-pix_fmt yuv420p -preset 12", size=(64, 64)),
    Written("libvpx", "webm mkv ivf", "-pix_fmt yuv420p -deadline realtime"),
    Written("libvpx-vp9", "webm mkv mp4 ivf", "-pix_fmt yuv420p -deadline realtime"),
    Written("libvpx-vp9", "webm", "-pix_fmt yuv420p -deadline realtime", "30000/1001"),
    Written("mpeg4", "avi mp4 mov mkv 3gp"),
    Written("mpeg4", "mp4 mkv avi", "-pix_fmt yuv420p -g 12 -bf 2"),
    Written("libxvid", "avi"),
    Written("msmpeg4", "avi"),
    Written("msmpeg4v2", "avi"),
    Written("wmv1", "wmv avi"),
    Written("wmv2", "wmv asf"),
    Written("flv", "flv avi"),
    Written("flashsv", "flv", "-pix_fmt bgr24"),
    Written("h263", "3gp avi", size=(176, 144), rate="30000/1001"),
    Written("mpeg1video", "mpg ts mkv", "-pix_fmt yuv420p -b:v 400k"),
    Written("mpeg2video", "mpg vob ts mkv mxf mp4", "-pix_fmt yuv420p -b:v 400k"),
    Written("mpeg2video", "mpg ts mkv", "-pix_fmt yuv420p -b:v 400k -bf 2 -g 12"),
    Written("mjpeg", "avi mov mkv mp4", "-pix_fmt yuvj420p"),
    Written("prores_ks", "mov mkv", "-pix_fmt yuv422p10le"),
    Written("dnxhd", "mov mxf", "-pix_fmt yuv422p -profile:v dnxhr_lb", size=(256, 128)),
    Written("cfhd", "mov", "-pix_fmt yuv422p10le"),
    Written("ffv1", "mkv avi mov", "-pix_fmt yuv420p"),
    Written("ffv1", "mkv", "-pix_fmt gray", note=" of grey"),
    Written("ffv1", "avi", "-pix_fmt yuv444p10le", note=" of ten bits"),
    Written("huffyuv", "avi mkv", "-pix_fmt yuv422p"),
    Written("ffvhuff", "avi"),
    Written("utvideo", "avi mov", "-pix_fmt yuv420p"),
    Written("magicyuv", "avi", "-pix_fmt gbrp"),
    Written("rawvideo", "avi mkv", "-pix_fmt yuv420p"),
    Written("rawvideo", "mov", "-pix_fmt uyvy422"),
    Written("wrapped_avframe", "y4m:yuv4mpegpipe"),
    Written("wrapped_avframe", "y4m:yuv4mpegpipe", rate="24000/1001"),
    Written("v210", "mov avi", "-pix_fmt yuv422p10le"),
    Written("qtrle", "mov", "-pix_fmt rgb24"),
    Written("cinepak", "mov avi", "-pix_fmt rgb24"),
    Written("svq1", "mov", "-pix_fmt yuv410p"),
    Written("png", "mov mkv avi", "-pix_fmt rgb24"),
    Written("jpeg2000", "mov mxf mkv"),
    Written("libtheora", "ogv mkv", "-pix_fmt yuv420p -g 6"),
    Written("snow", "avi", "-pix_fmt yuv420p -strict -2"),
    Written("zmbv", "avi", "-pix_fmt bgr0"),
    Written("asv2", "avi"),
    Written("gif", "gif", "-pix_fmt rgb8"),
    Written("gif", "gif", "-pix_fmt pal8 -filter_complex split[a][b];[a]palettegen[p];[b][p]paletteuse", 10),
    Written("dvvideo", "avi dv mov", "-pix_fmt yuv420p", size=(720, 576)),
)

ELEMENTARY = (
    ("libx264", "h264", PLAIN, 25),
    ("libx264", "h264", PLAIN, 30),
    ("libx264", "h264", B_FRAMES, "30000/1001"),
    ("libx265", "hevc", "-pix_fmt yuv420p -x265-params log-level=none:pools=none:frame-threads=1", 50),
    ("mpeg4", "m4v:m4v", "-pix_fmt yuv420p", 15),
    ("mpeg2video", "m2v", "-pix_fmt yuv420p -b:v 400k", 30),
    ("mpeg1video", "m1v", "-pix_fmt yuv420p -b:v 400k", 24),
)
"""Streams without a container: the times follow from the rate that the stream itself announces, which has to be told."""

FOREIGN = (
    ("nut", "mpeg4", ""), ("rm", "rv10", "-s 176x144"), ("apng", "apng", ""), ("swf", "flv", ""), ("wtv", "mpeg2video", ""),
    ("webp", "libwebp_anim", ""), ("obu", "libsvtav1", "-s 64x64 -preset 12"), ("mjpeg", "mjpeg", "-pix_fmt yuvj420p"),
    ("roq", "roqvideo", "-s 64x64 -r 30"), ("gxf", "mpeg2video", "-s 720x576 -ar 48000 -pix_fmt yuv422p"),
    ("mpj", "mjpeg", "-f mpjpeg -pix_fmt yuvj420p"), ("drc", "vc2", "-f dirac"), ("cpk", "cinepak", "-f film_cpk -pix_fmt rgb24"),
)  # fmt: skip
"""Containers that are not opened: suffix, codec, further options."""


def cases() -> list[Case]:
    """Containers and codecs."""
    found = [case for written in CLIPS for case in written.cases()]
    for codec, suffix, options, rate in ELEMENTARY:
        bframes = " with B-frames" if "-bf 2" in options else ""
        found.append(
            Case(
                f"bare {suffix.partition(':')[0]} at {rate}{bframes}",
                "containers and codecs",
                Written(codec, "", options, rate).maker(suffix),
                "video",
                (Rows(FRAMES, times(rate), told={"times_from": "rate"}),),
            )
        )
    for suffix, codec, options in FOREIGN:
        found.append(
            Case(
                f"{codec.removeprefix('lib')} in {suffix}",
                "containers that are not opened",
                Written(codec, "", options).maker(suffix),
                "video",
                (Refused(("format_not_allowed", "unreadable")),),
            )
        )
    return found
