"""Whatever is installed has a licence that is allowed, or a reason."""

import importlib.metadata

import pytest

from moodreel.networks import catalogue
from moodreel.workflow import licences


def test_every_package_binary_and_network_is_allowed_or_has_its_reason():
    found = licences.parts()
    assert {part.kind for part in found} == {"package", "binary", "network"}
    assert not [f"{part.name}: {part.problem}" for part in found if part.problem]
    assert {part.name for part in found if part.kind == "network"} == set(catalogue.MODELS)


def test_packages_for_a_gpu_are_listed_wherever_it_is_asked():
    found = {part.name: part.licence for part in licences.parts() if part.kind == "package"}
    assert found.keys() == licences.locked(licences.LOCKS).keys() and len(licences.LOCKS) == 3
    assert found["nvidia-cudnn-cu13"] == "LicenseRef-NVIDIA-Proprietary" and found["onnxruntime-gpu"] == "MIT"


def test_programs_under_the_gpl_are_told():
    gpl = {
        (part.name, part.version.split()[1])
        for part in licences.parts()
        if part.licence.startswith("GPL") and part.note
    }
    assert {("x264", "av"), ("x265", "av"), ("FFmpeg", "imageio-ffmpeg")} <= gpl


def test_exceptions_are_used():
    names = {part.name for part in licences.parts() if part.note}
    assert not set(licences.rules()["exceptions"]) - names, "a reason for what is not there any more"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True), ("MIT AND BSD-3-Clause", True), ("GPL-3.0-or-later", False), ("MIT AND GPL-2.0-only", False),
        ("GPL-2.0-only OR MIT", True), ("Apache-2.0 WITH LLVM-exception", True), ("unknown", False), ("", False),
    ],
)  # fmt: skip
def test_expressions(licence, allowed):
    assert licences.is_allowed(licence) is allowed


def test_a_package_without_a_licence_or_of_another_version_is_reported(tmp_path, monkeypatch):
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==0.1 \\\n    --hash=sha256:0\n")
    part = next(part for part in licences.parts([lock]) if part.kind == "package")
    assert part.name == "numpy" and "the lock has 0.1" in part.problem
    monkeypatch.setattr(licences, "licence_of", lambda package: licences.UNKNOWN)
    lock.write_text(f"numpy=={importlib.metadata.version('numpy')} \\\n")
    (part,) = (part for part in licences.parts([lock]) if part.kind == "package")
    assert "unknown" in part.problem
    lock.write_text("absent-anywhere==1.0 \\\n")
    (part,) = (part for part in licences.parts([lock]) if part.kind == "package")
    assert part.version == "1.0" and "unknown" in part.problem
