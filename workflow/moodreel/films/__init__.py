"""Films with the readings of a video drawn over its frames, at their true times, with its sound."""
