"""What every backend of pose and face mesh promises, and what their registries have in common."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data

import moodreel
from moodreel import pose
from moodreel.crops.square import Square
from moodreel.errors import UserError
from moodreel.face import mesh
from moodreel.networks import catalogue
from moodreel.pose.body25 import INDEX
from moodreel.settings import face as face_settings
from moodreel.settings import pose as pose_settings
from moodreel.settings.extraction import ExtractionSettings
from moodreel.tables.extraction import BLENDSHAPES
from trackers import Answered

SETTINGS = {pose: pose_settings.PoseSettings, mesh: face_settings.FaceSettings}
ELSEWHERE = {
    pose: {*pose_settings.FROM_FILES, pose_settings.NOBODY},
    mesh: {*face_settings.FROM_FILES, face_settings.NOBODY},
}
"""Backends without a network."""


def each_of(*packages) -> pytest.MarkDecorator:
    """Every backend of these packages."""
    return pytest.mark.parametrize(
        ("package", "backend"), [(package, name) for package in packages for name in package.BACKENDS]
    )


each_package = pytest.mark.parametrize("package", SETTINGS, ids=lambda package: package.__name__)
each_backend, each_pose, each_mesh = each_of(*SETTINGS), each_of(pose), each_of(mesh)


@each_package
def test_settings_and_registry_name_the_same_backends(package):
    allowed = SETTINGS[package].model_fields["backend"].annotation.__args__
    assert set(allowed) - ELSEWHERE[package] == set(package.BACKENDS) == set(package.MODELS)


@pytest.mark.parametrize(
    ("package", "wrong", "known"), [(pose, "openpoze", "blazepose"), (mesh, "facemash", "facemesh")]
)
def test_an_unknown_one_is_refused_with_those_that_are_known(package, wrong, known):
    with pytest.raises(UserError, match=known):
        package.backend(wrong)


@each_backend
def test_its_networks_are_in_the_catalogue_and_a_missing_one_is_reported_with_its_file(package, backend, tmp_path):
    assert all(catalogue.find(name) for name in package.MODELS[backend])
    with pytest.raises(UserError, match=package.MODELS[backend][0]):
        package.open_trackers(tmp_path, SETTINGS[package](backend=backend), ExtractionSettings())


@each_backend
def test_importing_it_imports_no_other(package, backend):
    code = f"import sys, {package.BACKENDS[backend]}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(moodreel.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(package.BACKENDS.values()) == {package.BACKENDS[backend]}


# With the real networks

PORTRAIT = skimage.data.astronaut()
MIRRORED = np.ascontiguousarray(PORTRAIT[:, ::-1])
HEAD = Square(224, 110, 88)
NOSE_TIP, RIGHT_EYE, LEFT_EYE, CHIN, RIGHT_IRIS, LEFT_IRIS = 1, 33, 263, 152, 468, 473


@pytest.fixture
def open_tracker(package, backend, request):
    names = package.MODELS[backend]
    bundled = any(catalogue.find(name).source == catalogue.FACE_LANDMARKER for name in names)
    folder = request.getfixturevalue("bundle_folder" if bundled else "models_folder")
    if not all((folder / f"{name}.onnx").is_file() for name in names):
        pytest.skip(f"not all of {', '.join(names)} are in {folder}; make them with moodreel.steps.models")
    new_tracker = package.open_trackers(folder, SETTINGS[package](backend=backend), ExtractionSettings())
    return lambda: Answered(new_tracker())


def track(tracker, package, picture, i=0):
    """What is seen in picture `i` of a video, a face wherever it is."""
    return tracker.track(picture, i / 25 if package is pose else None)


@each_backend
def test_the_same_pictures_give_the_same_points(package, open_tracker):
    trackers = open_tracker(), open_tracker()
    runs = [[track(one, package, PORTRAIT[:, 5 * i :], i).points for i in range(3)] for one in trackers]
    assert np.array_equal(*runs, equal_nan=True)


@each_backend
def test_after_forgetting_it_is_as_new(package, open_tracker):
    tracker, fresh = open_tracker(), open_tracker()
    for i in range(3):
        track(tracker, package, MIRRORED, i)
    tracker.forget()
    for i in range(3):
        picture = PORTRAIT[:, 5 * i :]
        again, first = track(tracker, package, picture, 3 + i), track(fresh, package, picture, i)
        assert getattr(again, "people_seen", None) == getattr(first, "people_seen", None)
        assert np.allclose(again.points, first.points, rtol=0, atol=0.01 if package is pose else 0, equal_nan=True)


@each_backend
def test_who_leaves_is_not_held_on_to(package, open_tracker):
    tracker = open_tracker()
    assert track(tracker, package, PORTRAIT).status == "ok"
    gone = track(tracker, package, np.full_like(PORTRAIT, 127), 1)
    assert gone.status in ("no_person", "low_confidence") and gone.points is None
    assert track(tracker, package, PORTRAIT, 2).status == "ok"


@each_pose
def test_a_person_has_25_points_at_the_right_places(open_tracker):
    seen = open_tracker().track(PORTRAIT, 0)
    assert (seen.status, seen.people_seen) == ("ok", 1) and 0.5 < seen.confidence <= 1
    assert (seen.points.shape, seen.points.dtype) == ((25, 3), np.float32)
    # by eye, in the 512 x 512 picture; left is the person's
    for name, x, y in (("nose", 225, 126), ("right_eye", 203, 100), ("left_eye", 247, 103)):
        assert np.hypot(*(seen.points[INDEX[name], :2] - (x, y))) < 10, name
    confidence = seen.points[:, 2]
    assert ((confidence >= 0) & (confidence <= 1) | np.isnan(confidence)).all()


@each_pose
def test_the_mirrored_person_has_left_and_right_exchanged(open_tracker):
    straight, mirrored = (open_tracker().track(picture, 0).points for picture in (PORTRAIT, MIRRORED))
    for left, right in (("left_eye", "right_eye"), ("left_shoulder", "right_shoulder")):
        x, y = straight[INDEX[left], :2]
        assert np.hypot(512 - x - mirrored[INDEX[right], 0], y - mirrored[INDEX[right], 1]) < 15


@each_pose
def test_an_empty_picture_has_nobody(open_tracker):
    seen = open_tracker().track(np.full((240, 320, 3), 127, np.uint8), 0)
    assert (seen.status, seen.points, seen.people_seen) == ("no_person", None, 0)


@each_mesh
@pytest.mark.parametrize("head", [HEAD, None], ids=["around the head", "in the whole picture"])
def test_a_face_has_478_points_at_the_right_places(open_tracker, head):
    seen = open_tracker().track(PORTRAIT, head)
    assert seen.status == "ok" and 0.5 < seen.confidence <= 1
    assert (seen.points.shape, seen.points.dtype) == ((478, 3), np.float32)
    # by eye, in the 512 x 512 picture; right is the person's
    for point, x, y in ((NOSE_TIP, 225, 126), (RIGHT_IRIS, 203, 100), (LEFT_IRIS, 247, 103), (CHIN, 226, 178)):
        assert np.hypot(*(seen.points[point, :2] - (x, y))) < 6, point
    # the nose points at the viewer
    assert seen.points[NOSE_TIP, 2] < seen.points[[RIGHT_EYE, LEFT_EYE], 2].min()


@each_mesh
def test_blendshapes_are_scored_wherever_there_is_a_mesh_or_nowhere(open_tracker):
    tracker = open_tracker()
    first, nothing, last = (tracker.track(p, None) for p in (PORTRAIT, np.full_like(PORTRAIT, 127), PORTRAIT[:, 9:]))
    assert [seen.points is None for seen in (first, nothing, last)] == [False, True, False]
    assert nothing.blendshapes is None
    scored = [first.blendshapes, last.blendshapes]
    if first.blendshapes is not None:
        assert all(scores.shape == (52,) and scores.dtype == np.float32 for scores in scored)
        assert all(((scores >= 0) & (scores <= 1)).all() for scores in scored)
        # she smiles, and does not pucker
        assert all(scores[BLENDSHAPES.index("mouthSmileLeft")] > 0.5 for scores in scored)
        assert all(scores[BLENDSHAPES.index("mouthPucker")] < 0.1 for scores in scored)


@each_mesh
def test_depth_counts_in_px_of_the_picture(open_tracker):
    small = open_tracker().track(PORTRAIT, HEAD).points
    large = np.repeat(np.repeat(PORTRAIT, 2, axis=0), 2, axis=1)
    large = open_tracker().track(large, Square(2 * HEAD.x, 2 * HEAD.y, 2 * HEAD.side)).points
    assert np.median(np.abs(large - 2 * small)) < 2


@each_mesh
def test_an_empty_picture_has_no_face_and_a_head_elsewhere_not_this_one(open_tracker):
    blank = np.full((240, 320, 3), 127, np.uint8)
    assert open_tracker().track(blank, None).status == "no_person"
    assert open_tracker().track(blank, Square(160, 120, 40)).status == "no_face"
    seen = open_tracker().track(PORTRAIT, Square(420, 400, 60))
    assert seen.points is None and seen.status in ("no_face", "low_confidence")
