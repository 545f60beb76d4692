"""Emotion scores per frame: the detected face, its scores by a network, and the class of a clip."""
