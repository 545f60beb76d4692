"""Apply a trained classifier to a new recording: cluster, emotion and music for each of its windows."""

from moodreel.errors import UserError
from moodreel.tables.applied import APPLIED
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={
        "models": Input("a run's folder `models`"),
        "pose": Input(POSE),
        "face": Input(FACE),
        "emotions": Input(EMOTION_SCORES, optional=True),
    },
    outputs={"out": Output(APPLIED)},
    options={
        "classifier": Option("name of the classifier; default: the first that has probabilities, else the first"),
        "last_frames": Option("only the windows within this many frames before the end", int),
        "performer": Option("the performer; one of the training is centred by the medians learnt there"),
        "video": Option("the recording's id in the table; default: recording", default="recording"),
    },
    libraries=("numpy", "scikit-learn", "tslearn", "skops"),
)
def main(job: Job) -> None:
    from moodreel.classify import applying, applying_input, description
    from moodreel.features.per_video import POSE_COLUMNS
    from moodreel.music.model_music import add_music

    given, options, out = job.inputs, job.options, job.outputs.out
    if out.suffix not in (".parquet", ".tsv"):
        raise UserError(f"--out {out}: give a name that ends in .parquet or .tsv")
    if options.last_frames is not None and options.last_frames < 1:
        raise UserError(f"--last-frames {options.last_frames}: at least one frame is needed")
    described = description.read(given.models)
    name = described.select(options.classifier)
    model = applying_input.load_model(given.models, name, described)
    space = applying_input.read_reference_space(given.models, described, model)
    music = applying_input.read_music(given.models, described, space)
    pose = applying_input.read_columns(given.pose, POSE, POSE_COLUMNS)
    face = applying_input.read_face(given.face, given.emotions, described)
    who = {"video": options.video, "performer": options.performer}
    found = applying.read_recording(pose, face, described, **who, last_frames=options.last_frames)
    prediction = applying.predict(model, space, found) if (found.usable & found.requested).any() else None
    table = add_music(applying.table(found, prediction, model, described, name), prediction, music, described.sounds)
    centred = applying.describe_centering(described, **who)
    sure = "not calibrated" if described.classifiers[name].probabilities else f"none: {name} gives none"
    nothing = applying.why_nothing(found) if prediction is None else None
    doubt = applying_input.doubtful_units(described, job.stamp_of("face").get("face_backend"))
    job.write(
        "out",
        table,
        settings=described.stamp["settings"],
        model=described.fingerprint,
        centred=centred,
        unseen_columns=list(found.unseen),
        doubtful_units=doubt,
        probabilities=sure,
        reason=nothing,
    )
    print(applying.summary(options.video, table))
    print(f"classifier {name}, probabilities: {sure}; {centred}")
    if found.unseen and prediction is not None:
        print(f"without values here, so set to the training's medians: {', '.join(found.unseen)}")
    if doubt:
        print(f"WARNING: the classifier uses action units that cannot be trusted here: {doubt}")
    if nothing:
        print(nothing)
