"""What the registries of pose and face mesh backends have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import moodreel
from moodreel import pose
from moodreel.errors import UserError
from moodreel.face import mesh
from moodreel.networks import catalogue
from moodreel.settings import face as face_settings
from moodreel.settings import pose as pose_settings
from moodreel.settings.extraction import ExtractionSettings

SETTINGS = {pose: pose_settings.PoseSettings, mesh: face_settings.FaceSettings}
ELSEWHERE = {pose: {*pose_settings.FROM_FILES, pose_settings.NOBODY}, mesh: {*face_settings.FROM_FILES}}
"""Backends without a network."""

each_room = pytest.mark.parametrize("room", SETTINGS, ids=lambda room: room.__name__)
each_backend = pytest.mark.parametrize(
    ("room", "backend"), [(room, name) for room in SETTINGS for name in room.BACKENDS]
)


@each_room
def test_settings_and_registry_name_the_same_backends(room):
    allowed = SETTINGS[room].model_fields["backend"].annotation.__args__
    assert set(allowed) - ELSEWHERE[room] == set(room.BACKENDS) == set(room.MODELS)


@pytest.mark.parametrize(("room", "wrong", "known"), [(pose, "openpoze", "blazepose"), (mesh, "facemash", "facemesh")])
def test_an_unknown_one_is_refused_with_those_that_are_known(room, wrong, known):
    with pytest.raises(UserError, match=known):
        room.backend(wrong)


@each_backend
def test_its_networks_are_in_the_catalogue(room, backend):
    assert all(catalogue.find(name) for name in room.MODELS[backend])


@each_backend
def test_importing_it_imports_no_other(room, backend):
    code = f"import sys, {room.BACKENDS[backend]}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(moodreel.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(room.BACKENDS.values()) == {room.BACKENDS[backend]}


@each_backend
def test_a_missing_network_is_told_with_its_file(room, backend, tmp_path):
    with pytest.raises(UserError, match=room.MODELS[backend][0]):
        room.open_trackers(tmp_path, SETTINGS[room](backend=backend), ExtractionSettings())
