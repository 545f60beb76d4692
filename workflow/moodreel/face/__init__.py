"""The face: the mesh and who finds it, and what its geometry says: head pose, gaze, neutral face, action units."""
