"""Train the final classifiers on all windows and save them with the tables needed to apply them to a new recording."""

from moodreel.tables.applied import MODEL_MUSIC, REFERENCE_SPACE
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(FEATURES, WINDOWS, LABELS, CLUSTERS),
        "videos": Input(VIDEOS, optional=True),
        "sounds": Input(SOUNDTRACK, through_videos=True),
    },
    outputs={"out": Output("folder of the classifiers, <classifier>.skops, and the tables needed to apply them")},
    options={
        "soundtracks": Option(
            "path of a video's soundtrack, with {video} for its id; without it or --videos no music is kept"
        )
    },
    settings=("features", "embed", "classify", "clusters.names"),
    libraries=("numpy", "scikit-learn", "tslearn", "skops"),
)
def main(job: Job) -> None:
    from moodreel.classify import description
    from moodreel.classify.evaluation_input import EvaluationInput, clusters_of, no_pipeline
    from moodreel.classify.final import Training, describe_model
    from moodreel.classify.saved import save
    from moodreel.features import bins
    from moodreel.features.labels import add_labels
    from moodreel.features.windows import require_kept, settings_of
    from moodreel.music.library import Library, read_soundtracks, used_parts
    from moodreel.music.model_music import music_of_windows
    from moodreel.storage.atomic import folder_replacement, of_suffix
    from moodreel.tables import base

    features, embed, classify = job.settings.features, job.settings.embed, job.settings.classify
    sections = {
        "windows": settings_of(job.inputs.windows), "features": features, "embed": embed, "classify": classify
    }  # fmt: skip
    windows = add_labels(require_kept(job.read("windows")), job.read("labels"))
    matrix = bins.read(job.inputs.features, features.groups_in_use, windows, embed.rate_hz)
    clusters = clusters_of(windows, job.read("clusters"))
    inputs = EvaluationInput(matrix, windows, clusters, no_pipeline, features, embed.rate_hz, classify)
    training = Training(inputs, {name: section.model_dump(mode="json") for name, section in sections.items()})
    library = None
    if job.inputs.videos and job.options.soundtracks:
        videos = job.read("videos")
        library = Library.of(read_soundtracks(job.options.soundtracks, videos), used_parts(videos))
    music = music_of_windows(windows, clusters, training.space.places(training.series), library)
    sktime = ("sktime",) if "minirocket" in classify.classifiers else ()
    stamp = job.stamp(settings=training.settings, libraries=sktime, fingerprint=training.fingerprint)
    learnt = {}
    with folder_replacement(job.outputs.out, of_suffix(".skops", ".parquet", ".json")) as folder:
        for name in classify.classifiers:
            model, notes = training.train(name, stamp)
            save(folder / f"{name}.skops", model)
            if found := describe_model(model):
                learnt[name] = found
            print(*notes, sep="\n", end="\n" if notes else "")
        base.write(folder / "space.parquet", REFERENCE_SPACE, training.space.table(), stamp)
        base.write(folder / "music.parquet", MODEL_MUSIC, music, stamp)
        sounds, emotions = library.sounds if library else {}, job.stamp_of("features").get("emotions")
        names = job.settings.clusters.names
        description.write(folder, training.describe(learnt, names, sounds, emotions, stamp))
    print(f"{len(windows)} windows, {len(training.space.numbers)} clusters, {len(music)} windows with music")
    print(f"trained {', '.join(learnt) or 'nothing'}")
