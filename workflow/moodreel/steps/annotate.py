"""Write the annotated film of a video: pose, mesh, action units and scores drawn over its frames."""

from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        "video": Input("media file"),
        **table_inputs(POSE, MESH, FACE, optional=True),
        "emotions": Input(EMOTION_SCORES, optional=True),
    },
    outputs={"out": Output("the film, .mp4")},
    options={
        "run_name": Option("the run's name", required=True),
        "video_id": Option("the video's id", required=True),
        "built_in": Option("built-in clip, in whose film no emotion is named", bool, default=False),
        "start_s": Option("leave out what comes before this time since the first frame", float),
        "end_s": Option("leave out what comes at this time or later", float),
    },
    settings=("annotate", "features.units", "limits"),
    guarded=True,
)
def main(job: Job) -> None:
    import av

    from moodreel.errors import UserError
    from moodreel.films import film
    from moodreel.films.readings import Readings
    from moodreel.films.word import Word
    from moodreel.storage.atomic import replacement
    from moodreel.video import guarded
    from moodreel.video.decode import frames
    from moodreel.video.errors import VideoError
    from moodreel.video.progress import Progress

    options, settings, chosen = job.options, job.settings.annotate, job.settings.features.units
    video, tables = job.inputs.video, {name: path for name, path in vars(job.inputs).items() if name != "video"}
    given = {name: path for name, path in tables.items() if path}
    if not given:
        job.refuse("give at least one of --pose, --mesh, --face, --emotions")
    first = next(iter(given))
    backend = (job.stamp_of("face").get("face_backend") if "face" in given else None) or "unknown"
    readings = Readings(**tables, units=film.units_shown(backend, chosen) if "face" in given else ())
    about = {
        "run": options.run_name,
        "video": options.video_id,
        "code": job.code,
        "settings": {
            "height_px": settings.height_px,
            "units": chosen,
            "start_s": options.start_s,
            "end_s": options.end_s,
            "tables": [path.as_posix() for path in given.values()],
            "av": av.__version__,
        },
    }
    if not len(readings):
        stamp = job.stamp_of(first)
        word = Word(**about, reason=stamp.get("reason") or "no_frames")
        with replacement(job.outputs.out) as temporary:
            film.write_card(temporary, word, stamp.get("detail") or "")
        print(f"{options.video_id}: no film ({word.reason})")
        return
    progress = Progress()
    progress.begin(str(video), options.start_s or 0.0, options.end_s)
    try:
        synthetic = film.synthetic_word(video)
        word = Word(**about, layers=film.drawable_layers(settings.layers, readings, tables), synthetic=synthetic)
        with (
            frames(video, start_s=options.start_s, end_s=options.end_s, **job.settings.limits.decoding) as decoding,
            replacement(job.outputs.out) as temporary,
        ):
            count = film.write(
                temporary,
                decoding,
                readings,
                word,
                backend=backend,
                unnamed=options.built_in or bool(synthetic),
                height_px=settings.height_px,
                end_s=options.end_s,
                progress=progress,
            )
    except VideoError as error:
        if str(video) in guarded.BLAMED:
            with replacement(job.outputs.out) as temporary:
                film.write_card(temporary, Word(**about, reason=error.reason), error.detail)
            print(f"{options.video_id}: no film ({error.reason})")
            return
        raise UserError(
            f"{given[first]} does not belong to the present video: it has {len(readings)} rows, and {error}. Delete it "
            "and run again."
        ) from None
    kb = job.outputs.out.stat().st_size / count / 1e3
    print(f"{options.video_id}: {count} frames, {kb:.1f} kB each ({progress})")
