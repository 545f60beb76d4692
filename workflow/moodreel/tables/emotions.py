"""Emotion scores of a network, per frame and per clip."""

from moodreel.tables.extraction import FRAME
from moodreel.tables.schema import Column, Table

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes of FER2013 in the order of the network's outputs. They name what raters saw in a picture, not what the
person felt."""

EMOTION_SCORES = Table(
    "emotion_scores",
    1,
    "Scores that an emotion network gives to one face in each decoded frame; only with an `emotions.backend` (docs/emotions.md). "
    "`results/videos/<video>/<extraction>/emotions-<detector>-<settings>/emotions.parquet`",
    (
        *FRAME,
        Column("status", "string", "", "`ok`, or `no_face`: the detector found none", nullable=False),
        Column("detector", "string", "", "face detector: `mesh`, `haar`, `mtcnn` or `facenet`", nullable=False),
        Column("faces", "int16", "", "number of faces found; the scores are of the first", nullable=False),
        Column(
            "x",
            "int32",
            "px",
            "left edge of the face's box in the picture after its rotation; null where there is none",
        ),
        Column("y", "int32", "px", "top edge"),
        Column("width", "int32", "px", "of the box"),
        Column("height", "int32", "px", "of the box"),
        *(
            Column(name, "float32", "0..1", f"score of the class that FER2013 calls {name}; all seven add up to 1")
            for name in EMOTIONS
        ),
    ),
)

CLIP_EMOTIONS = Table(
    "clip_emotions",
    1,
    "Summary of each video's emotion scores: the votes of its frames, and the mean of their scores. `clip_emotions.tsv`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("performer", "string", "", "the performer", nullable=False),
        Column("detector", "string", "", "as in EMOTION_SCORES", nullable=False),
        Column("frames", "int32", "", "decoded", nullable=False),
        Column("frames_with_face", "int32", "", "of these", nullable=False),
        Column("face_height", "float64", "px", "median height of the box; null without a face"),
        *(
            Column(f"frames_{name}", "int32", "", f"frames whose highest score is {name}", nullable=False)
            for name in EMOTIONS
        ),
        *(Column(f"mean_{name}", "float64", "0..1", f"mean score of {name}; null without a face") for name in EMOTIONS),
        Column("pos", "int32", "", "frames whose emotion is Pos by `emotions.classes`", nullable=False),
        Column("neg", "int32", "", "frames whose emotion is Neg", nullable=False),
        Column("neut", "int32", "", "frames whose emotion is Neut", nullable=False),
        Column(
            "by_votes", "string", "", "the class of most frames, `Pos` before `Neg` before `Neut`; null without a face"
        ),
        Column(
            "by_mean",
            "string",
            "",
            "the class whose emotions have the highest mean scores together; null without a face",
        ),
        Column("label", "string", "", "`emotion` in the table of videos"),
    ),
)

CLIP_ACCURACY = Table(
    "clip_accuracy",
    1,
    "How often the classes by emotion scores agree with the labels of the table of videos. `clip_accuracy.tsv`",
    (
        Column(
            "detector",
            "string",
            "",
            "as in EMOTION_SCORES, or `mean`: the mean of all detectors' scores",
            nullable=False,
        ),
        Column("rule", "string", "", "`votes` of frames, or `mean` of scores", nullable=False),
        Column(
            "classes",
            "string",
            "",
            "`settings`: those of `emotions.classes`; `negative`: fear and sad are Neg",
            nullable=False,
        ),
        Column(
            "counted",
            "string",
            "",
            "`all` videos with a label, those without a face as wrong; `with_face`: only those in which a face was found",
            nullable=False,
        ),
        Column("videos", "int32", "", "counted", nullable=False),
        Column("people", "int32", "", "performers among these", nullable=False),
        Column("correct", "int32", "", "videos with the right class", nullable=False),
        Column("accuracy", "float64", "0..1", "share of these", nullable=False),
        Column("low", "float64", "0..1", "lower end of its 95 % interval over people; null of fewer than 5"),
        Column("high", "float64", "0..1", "upper end"),
        Column(
            "balanced_accuracy", "float64", "0..1", "mean over the labels of the share that is right", nullable=False
        ),
        Column("kappa", "float64", "", "Cohen's, of labels and classes; null where both are always the same"),
        Column("majority", "float64", "0..1", "share of the most frequent label", nullable=False),
        Column("chance_mean", "float64", "0..1", "mean accuracy with labels exchanged within each performer"),
        Column("chance_max", "float64", "0..1", "the highest of these"),
        Column("shuffles", "int32", "", "how many", nullable=False),
        Column(
            "p_value",
            "float64",
            "",
            "(1 + exchanges that reach `accuracy`) / (1 + exchanges); not corrected for the number of rows",
        ),
    ),
)

DETECTORS = Table(
    "detectors",
    2,
    "Agreement of detectors, frame by frame over all videos: on whether there is a face, on which face, and on its emotion. `detectors.tsv`",
    (
        Column("first", "string", "", "detector, as in EMOTION_SCORES", nullable=False),
        Column("second", "string", "", "detector", nullable=False),
        Column("frames", "int32", "", "decoded", nullable=False),
        Column("both", "int32", "", "frames in which both found a face", nullable=False),
        Column("only_first", "int32", "", "frames in which only the first did", nullable=False),
        Column("only_second", "int32", "", "frames in which only the second did", nullable=False),
        Column(
            "same_face",
            "int32",
            "",
            "of `both`: the intersection of their boxes is at least half of the union",
            nullable=False,
        ),
        Column("same_emotion", "int32", "", "of `both`: the highest score is that of the same emotion", nullable=False),
        Column("same_class", "int32", "", "of `both`: it counts for the same class", nullable=False),
        Column(
            "disagree",
            "int32",
            "",
            "frames in which only one found a face, or both found different faces or different emotions",
            nullable=False,
        ),
    ),
)

EMOTION_TIMELINE = Table(
    "emotion_timeline",
    1,
    "Emotions over time: counts per thousand frames, of each video and of each performer's videos one after the other. `emotion_timeline.tsv`",
    (
        Column("of", "string", "", "`video` or `performer`", nullable=False),
        Column("name", "string", "", "its id", nullable=False),
        Column("detector", "string", "", "as in EMOTION_SCORES", nullable=False),
        Column("part", "int32", "", "number of the thousand frames, from 0", nullable=False),
        Column("frames", "int32", "", "in this part; fewer than 1,000 in the last", nullable=False),
        Column("start_s", "float64", "s", "time of its first frame; null of performers"),
        *(Column(name, "int32", "", f"frames whose highest score is {name}", nullable=False) for name in EMOTIONS),
    ),
)
