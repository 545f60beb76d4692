"""A small video with sound and the tables that were read of it."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl

from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.extraction import MESH, MESH_POINTS, POSE
from moodreel.tables.face import FACE
from moodreel.tables.schema import Table

TIMES_S = (0.0, 0.04, 0.12, 0.16, 0.28, 0.32, 0.48, 0.6, 0.64, 0.8, 1.0, 1.04, 1.2)
"""Of frames that are not equally far apart."""

RATE_HZ = 48_000


def noise(duration_s: float = 1.6) -> np.ndarray:
    """Sound of which every moment is another, float32, mono, at `RATE_HZ`; without high tones, which suffer where it is
    encoded again or read half a sample later."""
    white = np.random.default_rng(0).normal(0, 1, round(duration_s * RATE_HZ))
    return np.convolve(white, np.hanning(32) / 16, mode="same").astype(np.float32)


def write_video(
    path: Path,
    times_s: Sequence[float] = TIMES_S,
    *,
    size: tuple[int, int] = (160, 120),
    codec: str | None = "aac",
    sound_s: float = 0.0,
    picture_s: float = 0.0,
    comment: str = "",
) -> Path:
    """Grey pictures at the given times, and noise; `sound_s` and `picture_s` are when each begins."""
    fine = {"movie_timescale": str(RATE_HZ)} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=fine) as container:
        if comment:
            container.metadata["comment"] = comment
        video = container.add_stream("libx264", rate=25, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, 1000)
        audio = container.add_stream(codec, RATE_HZ, layout="mono") if codec else None
        for number, time_s in enumerate(times_s):
            picture = np.full((size[1], size[0], 3), 100 + 4 * (number % 8), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round((time_s + picture_s) * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            block = audio.codec_context.frame_size or 1024
            resampler = av.AudioResampler(audio.codec_context.format.name, "mono", RATE_HZ, block)
            whole = av.AudioFrame.from_ndarray(noise()[None], "flt", "mono")
            whole.sample_rate, whole.pts = RATE_HZ, round(sound_s * RATE_HZ)
            whole.time_base = Fraction(1, RATE_HZ)
            for part in [*resampler.resample(whole), *resampler.resample(None)]:
                container.mux(audio.encode(part))
            container.mux(audio.encode())
    return path


def heard(path: Path) -> tuple[float, np.ndarray]:
    """When the sound of a file begins, in s since its first picture, and its samples, mono, at `RATE_HZ`."""
    with av.open(str(path)) as container:
        is_avi = container.format.name == "avi"  # picture and sound begin together; FFmpeg guesses the picture's stamps
        picture_s = 0.0 if is_avi else next(container.decode(video=0)).time
    resampler, first, parts = av.AudioResampler("flt", "mono", RATE_HZ), None, []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            first = frame.time if first is None else first
            frame.pts = None
            parts += resampler.resample(frame)
        parts += resampler.resample(None)
    return first - picture_s, np.concatenate([part.to_ndarray()[0] for part in parts])


def lag(path: Path, other: Path, zero_s: float) -> tuple[int, float]:
    """By how many samples the sound of `other` comes later than that of `path`, whose time `zero_s` is its beginning;
    and how well both agree there, as a correlation."""
    (first, mine), (second, theirs) = heard(path), heard(other)
    begin_s = max(first - zero_s, second, 0.0) + 0.1
    count = RATE_HZ // 4
    mine = mine[round((begin_s - first + zero_s) * RATE_HZ) :][:count]
    theirs = theirs[round((begin_s - second) * RATE_HZ) :][:count]
    spectra = np.fft.rfft(mine, 2 * count), np.fft.rfft(theirs, 2 * count)
    place = int(np.argmax(np.fft.irfft(spectra[0].conj() * spectra[1])))
    return place if place < count else place - 2 * count, float(np.corrcoef(mine, theirs)[0, 1])


def _write(path: Path, spec: Table, rows: list[dict], **stamp: object) -> Path:
    base.write(path, spec, pl.DataFrame(rows, schema=base.polars_schema(spec)), {"code": "c0de", **stamp})
    return path


def clock(times_s: Sequence[float], first: int = 0) -> list[dict]:
    return [{"frame": first + number, "time_s": time_s} for number, time_s in enumerate(times_s)]


def mesh_points() -> np.ndarray:
    """Points (478, 2) on an ellipse within 60..100 x 40..90 px."""
    angle = np.linspace(0, 2 * np.pi, MESH_POINTS, endpoint=False)
    return np.stack([80 + 20 * np.cos(angle), 65 + 25 * np.sin(angle)], axis=1)


def write_tables(folder: Path, times_s: Sequence[float] = TIMES_S, *, first: int = 0) -> dict[str, Path]:
    """POSE, MESH, FACE and EMOTION_SCORES of a person whose face is not seen in the second frame."""
    rows, (x, y) = clock(times_s, first), mesh_points().T.tolist()

    def of_faces(face: dict, nothing: dict) -> list[dict]:
        return [row | (nothing if number == 1 else face) for number, row in enumerate(rows)]

    body = {"cut": False, "status": "ok", "neck_x": 80.0, "neck_y": 100.0, "nose_x": 80.0, "nose_y": 70.0}
    mesh, units = {"x": x, "y": y, "z": [0.0] * MESH_POINTS}, {"AU12_r": 2.5, "AU25_r": 5.0}
    box = {"x": 60, "y": 40, "width": 40, "height": 50, **dict.fromkeys(EMOTIONS, 0.1), "happy": 0.4}
    ok, unsure, detector = {"status": "ok"}, {"status": "low_confidence"}, {"detector": "haar"}
    scores = of_faces(ok | detector | {"faces": 1} | box, detector | {"status": "no_face", "faces": 0})
    return {
        "pose": _write(folder / "pose.parquet", POSE, [row | body for row in rows]),
        "mesh": _write(folder / "mesh.parquet", MESH, of_faces(ok | mesh, unsure)),
        "face": _write(folder / "face.parquet", FACE, of_faces(ok | units, unsure), face_backend="facemesh"),
        "emotions": _write(folder / "emotions.parquet", EMOTION_SCORES, scores),
    }


def write_empty(folder: Path, reason: str) -> Path:
    """The pose of a video that could not be read."""
    return _write(folder / "pose.parquet", POSE, [], reason=reason, detail="nothing in it")
