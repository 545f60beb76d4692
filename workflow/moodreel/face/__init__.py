"""The face: the mesh and who finds it, and what its geometry says: head pose, gaze, resting face, action units."""
