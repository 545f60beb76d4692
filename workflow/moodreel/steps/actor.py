"""Make one built-in clip, and write down what it shows."""

from __future__ import annotations

from pathlib import Path

from moodreel.demo import catalogue, encode, render
from moodreel.demo.portraits import PICTURE_PX
from moodreel.demo.script import DURATION_S, RATE_HZ, script
from moodreel.demo.soundtrack import synthesise
from moodreel.demo.truth import truth_table
from moodreel.settings.actors import ActorsSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.truth import TRUTH
from moodreel.workflow import old_step as step

AUDIO_RATE_HZ = 44_100

LIBRARIES = (
    "numpy",
    "opencv-contrib-python-headless",
    "scikit-image",
    "matplotlib",
    "ffmpeg-python",
    "imageio-ffmpeg",
)


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--source", required=True, help="the clip: builtin:<person>/<expression>/<take>")
    parser.add_argument("--out", type=Path, required=True, help="the clip, MP4")
    parser.add_argument("--truth", type=Path, required=True, help="what it shows frame by frame, Parquet")
    args = parser.parse_args()
    settings = ActorsSettings(**args.settings.get("actors", {}))
    clip = catalogue.parse(args.source)
    course = script(clip)
    encode.write(
        args.out,
        clip,
        render.frames(clip, course, noise_seed=settings.noise_seed),
        synthesise(clip.mood, seed=clip.soundtrack_seed, duration_s=DURATION_S, rate_hz=AUDIO_RATE_HZ),
        side_px=PICTURE_PX,
        rate_hz=RATE_HZ,
        audio_rate_hz=AUDIO_RATE_HZ,
    )
    made = make_stamp(
        code=args.code,
        settings={"actors": settings.model_dump(mode="json")},
        libraries=LIBRARIES,
        source=args.source,
    )
    base.write(args.truth, TRUTH, truth_table(clip, course), made)


if __name__ == "__main__":
    step.run(main)
