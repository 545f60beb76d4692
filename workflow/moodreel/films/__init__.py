"""Films that show what was read of a video: drawn over its frames, at their true times, with its sound."""
