"""From a list of videos to action units, body pose, recurring expressions, classifiers and clip-music pairs."""

__version__ = "0.1.0"
