"""Make one built-in clip, and the table of what it shows."""

from moodreel.tables.truth import TRUTH
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output("the clip, MP4"), "truth": Output(TRUTH)},
    options={"source": Option("the clip: builtin:<person>/<expression>/<take>", required=True)},
    settings=("actors",),
    libraries=(
        "numpy", "opencv-contrib-python-headless", "scikit-image", "matplotlib", "ffmpeg-python", "imageio-ffmpeg",
    ),
)  # fmt: skip
def main(job: Job) -> None:
    from moodreel.demo import catalogue, encode, render
    from moodreel.demo.portraits import PICTURE_PX
    from moodreel.demo.script import DURATION_S, RATE_HZ, script
    from moodreel.demo.soundtrack import SOUND_HZ, synthesise
    from moodreel.demo.truth import truth_table

    clip = catalogue.parse(job.options.source)
    course = script(clip)
    encode.write(
        job.outputs.out,
        clip,
        render.frames(clip, course, noise_seed=job.settings.actors.noise_seed),
        synthesise(clip.mood, seed=clip.soundtrack_seed, duration_s=DURATION_S),
        side_px=PICTURE_PX,
        rate_hz=RATE_HZ,
        audio_rate_hz=SOUND_HZ,
    )
    job.write("truth", truth_table(clip, course), source=job.options.source)
