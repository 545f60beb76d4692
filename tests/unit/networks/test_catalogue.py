"""The catalogue names models, hashes and files."""

from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.networks import catalogue


def test_the_embedded_models_come_from_the_wheel_and_every_model_has_a_hash_of_its_own() -> None:
    assert catalogue.MEDIAPIPE.filename == "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
    assert len(catalogue.EMBEDDED) == 7 and "face_landmarks_detector" not in catalogue.EMBEDDED
    assert catalogue.paths("models", ["iris_landmark"]) == [Path("models/iris_landmark.onnx")]
    hashes = {catalogue.declared_hash(name) for name in catalogue.MODELS}
    assert [len(value) for value in hashes if value.startswith("git:")] == [len("git:") + 40]
    assert sum(len(value) == 64 for value in hashes) == len(catalogue.MODELS) - 1


def test_terms_are_those_of_the_models_that_have_any_and_an_unknown_name_gets_the_nearest() -> None:
    name = "hsemotion_enet_b0_8_best_vgaf"
    assert set(catalogue.terms(["fer_mini_xception", "iris_landmark", name])) == {name}
    assert "AffectNet" in catalogue.terms([name])[name]
    with pytest.raises(UserError, match="did you mean 'pose_landmark_full'"):
        catalogue.declared_hash("pose_landmarks_full")
