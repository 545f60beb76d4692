"""The script of a clip: action units and head motion over time."""

from dataclasses import dataclass

import numpy as np

from moodreel.demo.catalogue import Clip

RATE_HZ = 25
DURATION_S = 5.0
FRAMES = round(DURATION_S * RATE_HZ)

UNITS = ("au01", "au02", "au04", "au06", "au12", "au15", "au18", "au26", "au45")
"""Inner and outer brow raiser, brow lowerer, cheek raiser, lip corner puller, lip corner depressor, lip pucker, jaw
drop (which parts the lips, AU25), eye closure (held: AU43)."""

ACTED: dict[str, dict[str, float]] = {
    "brows_raised": {"au01": 1.0, "au02": 1.0},
    "brows_lowered": {"au04": 1.0},
    "eyes_closed": {"au45": 1.25},
    "smile": {"au06": 1.0, "au12": 1.0},
    "corners_down": {"au15": 1.0},
    "jaw_open": {"au26": 1.0},
    "lip_pucker": {"au18": 1.0},
}
"""The units of each expression, and their intensity at activation 1, limited to 1. Eyes closed by four fifths are not
closed, hence 1.25."""

MOTIONS = ("head_x", "head_y", "head_roll", "head_yaw", "head_pitch", "torso_x", "torso_y")
"""Shifts right and down in pixels of the frame; clockwise roll, yaw to the viewer's right, pitch down in degrees."""


@dataclass(frozen=True)
class Take:
    """One take: times in seconds; `blinks` are the middles of blinks, `motion` scales `MOTION_RANGE`."""

    rise: tuple[float, float]
    fall: tuple[float, float]
    amplitude: float
    waver: float
    blinks: tuple[float, ...]
    motion: float


TAKES = {
    1: Take(rise=(0.40, 0.80), fall=(4.20, 4.60), amplitude=0.90, waver=0.06, blinks=(2.9,), motion=0.6),
    2: Take(rise=(0.36, 1.04), fall=(4.00, 4.64), amplitude=0.80, waver=0.10, blinks=(1.7,), motion=1.0),
    3: Take(rise=(0.44, 0.72), fall=(4.12, 4.56), amplitude=1.00, waver=0.08, blinks=(3.6,), motion=0.8),
}
"""The takes differ in timing, amplitude and head motion. All are neutral in the first and last 0.35 s and at least half
active from 0.8 s to 4.2 s, so that the windows 1-3 s and 2-4 s lie within the apex."""

MOTION_RANGE = {
    "head_x": 3.0, "head_y": 2.0, "head_roll": 1.2, "head_yaw": 3.0, "head_pitch": 2.0, "torso_x": 1.5, "torso_y": 1.2,
}  # fmt: skip
"""Largest excursion of each motion."""

BLINK_S = 0.28
"""Duration of a blink."""


@dataclass(frozen=True)
class Script:
    """A clip's time course, one entry per frame.

    `time_s` (FRAMES,); `activation` (FRAMES,), 0..1, of the expression; `units` (FRAMES, len(UNITS)), 0..1;
    `motion` (FRAMES, len(MOTIONS)).
    """

    time_s: np.ndarray
    activation: np.ndarray
    units: np.ndarray
    motion: np.ndarray


def _step(time_s: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    x = np.clip((time_s - start_s) / (end_s - start_s), 0, 1)
    return x * x * (3 - 2 * x)


def activation(take: Take, time_s: np.ndarray) -> np.ndarray:
    """Activation of the expression at `time_s` (n,): neutral, rise, a slightly wavering apex, fall, neutral."""
    held = _step(time_s, *take.rise) - _step(time_s, *take.fall)
    middle = (time_s - take.rise[1]) / (take.fall[0] - take.rise[1])
    return take.amplitude * held * (1 - take.waver * np.sin(2 * np.pi * middle) ** 2)


def eye_closure(take: Take, time_s: np.ndarray) -> np.ndarray:
    """Closure of the eyes, 0..1, by the take's blinks, (n,)."""
    closed = np.zeros_like(time_s)
    for middle in take.blinks:
        course = (time_s - middle) / BLINK_S
        closed = np.where(np.abs(course) < 0.5, np.cos(np.pi * course) ** 2, closed)
    return 0.95 * closed


def motion(take: Take, seed: int, time_s: np.ndarray) -> np.ndarray:
    """Slow motion of head and torso, (n, len(MOTIONS)): for each, two sines below 0.5 Hz with random phase."""
    random = np.random.default_rng(seed)
    courses = []
    for name in MOTIONS:
        slow, fast = random.uniform(0.1, 0.2), random.uniform(0.3, 0.45)
        phases = random.uniform(0, 2 * np.pi, 2)
        course = 0.7 * np.sin(2 * np.pi * slow * time_s + phases[0]) + 0.3 * np.sin(
            2 * np.pi * fast * time_s + phases[1]
        )
        courses.append(take.motion * MOTION_RANGE[name] * course)
    return np.stack(courses, axis=-1)


def script(clip: Clip) -> Script:
    """The script of one clip. It depends only on the clip."""
    take = TAKES[clip.take]
    time_s = np.arange(FRAMES) / RATE_HZ
    shown = activation(take, time_s)
    intensities = ACTED[clip.expression]
    units = np.minimum(np.outer(shown, [intensities.get(unit, 0.0) for unit in UNITS]), 1)
    if "au45" not in intensities:
        units[:, UNITS.index("au45")] = eye_closure(take, time_s)
    return Script(time_s, shown, units, motion(take, clip.motion_seed, time_s))
