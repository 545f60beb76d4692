"""Blinks (AU45) of the built-in actors' scripts, acted by a mesh: what the eyes do is known in every frame."""

import numpy as np
import pyarrow as pa
import pytest

from moodreel.demo.catalogue import CLIPS
from moodreel.demo.script import MOTIONS, UNITS, script
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.face.measure import displacements_of, face_table, neutral_measures, read
from moodreel.face.neutral import find, frontal
from moodreel.tables.extraction import BLENDSHAPES
from unit.face.faces import displace, posed

OPENING = 0.12
"""The canonical head's, in eye distances."""

SHIFTS = {
    "au01": displace({(107, 55, 66, 65): (0, -0.05, 0)}),
    "au02": displace({(105, 52, 63, 53): (0, -0.05, 0)}),
    "au04": displace({(107, 55, 66, 65): (0.01, 0.04, 0)}),
    "au06": displace({(117, 118, 50, 101): (0, -0.03, 0), (145, 153, 144): (0, -0.01, 0)}),
    "au12": displace({(61,): (-0.09, -0.09, 0)}),
    "au45": displace({(158, 159, 160): (0, OPENING, 0), (33, 133): (0, 0.015, 0)}),
}


def _acted(course) -> np.ndarray:
    """Meshes (frames, 478, 3), px, with the mesh's jitter."""
    faces = np.repeat(CANONICAL_HEAD[None], len(course.time_s), axis=0)
    for unit, shifted in SHIFTS.items():
        faces = faces + course.units[:, UNITS.index(unit), None, None] * (shifted - CANONICAL_HEAD)
    faces = faces + np.random.default_rng(0).normal(0, 0.003, faces.shape)
    head = {name: course.motion[:, MOTIONS.index(f"head_{name}")] for name in ("pitch", "yaw", "roll")}
    return np.stack([posed(face, **{name: turn[i] for name, turn in head.items()}) for i, face in enumerate(faces)])


@pytest.mark.parametrize("clip", [c for c in CLIPS if c.person == "hopper"], ids=lambda c: f"{c.expression}-{c.take}")
def test_eyes_are_read_as_they_close(clip):
    """The neutral face is found in the clip itself."""
    course = script(clip)
    meshes, times, truth = _acted(course), course.time_s, course.units[:, UNITS.index("au45")]
    none = np.full((len(meshes), len(BLENDSHAPES)), np.nan)
    neutral = find([frontal(head_pose(meshes), none, 1, max_turn_deg=20)])
    count = len(times)
    facts = {"frame": range(count), "time_s": times, "status": ["ok"] * count, "confidence": [0.9] * count}
    readings = read(pa.record_batch(facts), meshes, none)
    table = face_table(readings, displacements_of(readings), neutral_measures(neutral), presence=2.0)
    level, present = (np.array(table.column(f"AU45_{kind}").to_pylist()) for kind in "rc")
    assert np.corrcoef(level, truth)[0, 1] > 0.97 and level[truth > 0.9].min() > 4
    assert level[truth == 0].max() < 1.5
    assert (np.diff(present, prepend=0) == 1).sum() == 1, "eyes close once"
    assert np.abs(np.flatnonzero(present).mean() - np.flatnonzero(truth > 0.4).mean()) <= 1
