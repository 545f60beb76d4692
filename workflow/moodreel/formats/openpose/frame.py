"""One frame of OpenPose: the people in a JSON document, as BODY_25."""

import json
from collections import Counter
from typing import Any, NoReturn

import numpy as np

from moodreel.pose.body25 import INDEX, MIDPOINTS
from moodreel.tables.extraction import BODY_25

COCO = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip
"""The keypoints of OpenPose's COCO model in its order (OpenPose, include/openpose/pose/poseParametersRender.hpp and
doc/02_output.md)."""

MODELS = {len(BODY_25) * 3: "BODY_25", len(COCO) * 3: "COCO"}
"""OpenPose's models by how many numbers they give for a person."""

MOST_PEOPLE = 1000
MOST_SURE = 1.5
"""Confidences are peaks of an enlarged heatmap and overshoot 1 a little; above this they are something else."""
FARTHEST_PX = 100_000

_FROM_COCO = np.array([INDEX[point] for point in COCO])
_HIP = INDEX["mid_hip"]
_HIPS = [INDEX[point] for point in MIDPOINTS["mid_hip"]]


class Mistake(Exception):
    """What is wrong with a document, and what was expected."""


def people(content: bytes) -> tuple[np.ndarray, str | None]:
    """The people of one frame, (people, 25, 3) float32: x px, y px, confidence 0..1; and their model, if there are any.

    Keypoints that OpenPose did not find (0, 0, 0) have NaN for x and y, and the confidence 0. COCO has neither feet nor
    the middle of the hips: the feet are NaN altogether, the middle is halfway between the hips, as in BODY_25, with the
    lower confidence of the two. Raises Mistake.
    """
    try:
        document = json.loads(content, parse_constant=_no_number, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise Mistake("nested too deeply; expected OpenPose's JSON") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError too
        raise Mistake(f"no valid JSON, or cut short ({error})") from None
    if not isinstance(document, dict) or not isinstance(document.get("people"), list):
        raise Mistake('expected {"version": 1.3, "people": [...]}, found no list "people"')
    _check_version(document.get("version"))
    if len(document["people"]) > MOST_PEOPLE:
        raise Mistake(f"{len(document['people'])} people; up to {MOST_PEOPLE} are read")
    lists = [_keypoints(person, number) for number, person in enumerate(document["people"], 1)]
    sizes = {len(numbers) for numbers in lists}
    if len(sizes) > 1:
        raise Mistake("people of different models: " + " and ".join(MODELS[size] for size in sorted(sizes)))
    if not lists:
        return np.empty((0, len(BODY_25), 3), np.float32), None
    (size,) = sizes
    return _as_body25(np.array(lists, np.float64).reshape(len(lists), -1, 3)), MODELS[size]


def _no_number(text: str) -> NoReturn:
    raise Mistake(f"{text} where a number was expected; OpenPose writes 0 for what it did not find")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys and values, of which Python's reader would keep the last silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        key = next(key for key, count in counts.items() if count > 1)
        raise Mistake(f"the key {_shown(key)} is there twice")
    return found


def _check_version(version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, (int, float)):
        raise Mistake(f'"version" is {_shown(version)}; expected a number, such as 1.3')
    if not 1 <= version < 2:
        raise Mistake(f"version {version} of OpenPose's JSON; 1.0 to 1.3 (any 1.x) can be read")


def _keypoints(person: Any, number: int) -> list[float]:
    """The person's list of numbers, checked. Version 1.0 calls it `pose_keypoints`."""
    found = None
    if isinstance(person, dict):
        found = person.get("pose_keypoints_2d", person.get("pose_keypoints"))
    if not isinstance(found, list):
        raise Mistake(f'person {number}: no list "pose_keypoints_2d"')
    if len(found) not in MODELS:
        allowed = " or ".join(f"{size} ({model})" for size, model in MODELS.items())
        raise Mistake(f'person {number}: {len(found)} numbers in "pose_keypoints_2d"; expected {allowed}')
    names = BODY_25 if MODELS[len(found)] == "BODY_25" else COCO
    for place, value in enumerate(found):
        part, limits = (("x", FARTHEST_PX), ("y", FARTHEST_PX), ("confidence", MOST_SURE))[place % 3]
        least = 0 if part == "confidence" else -limits
        number_like = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number_like or not least <= value <= limits:
            expected = f"a number from {least} to {limits:g}" if number_like else "a number"
            which = f"person {number}, keypoint {place // 3} ({names[place // 3]})"
            raise Mistake(f"{which}: {part} is {_shown(value)}, expected {expected}")
    return found


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _as_body25(points: np.ndarray) -> np.ndarray:
    """`points` (people, 25 or 18, 3) as BODY_25, with NaN for what was not found or does not exist."""
    points[:, :, 2].clip(max=1, out=points[:, :, 2])
    points[points[:, :, 2] == 0, :2] = np.nan
    if points.shape[1] == len(BODY_25):
        return points.astype(np.float32)
    body = np.full((len(points), len(BODY_25), 3), np.nan)
    body[:, _FROM_COCO] = points
    hips = body[:, _HIPS]
    body[:, _HIP] = hips.mean(1)
    body[:, _HIP, 2] = hips[:, :, 2].min(1)
    return body.astype(np.float32)
