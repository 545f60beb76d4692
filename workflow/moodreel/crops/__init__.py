"""Square regions of a picture: geometry, cutting out, detection and tracking. Shared by pose and face."""
