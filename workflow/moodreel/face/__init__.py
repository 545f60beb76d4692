"""The face: its mesh, and from the geometry of the mesh head pose, gaze, neutral face and action units."""
