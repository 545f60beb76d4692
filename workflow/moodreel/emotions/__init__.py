"""Emotion scores per frame: which face, what a network says of it, and what follows for a clip."""
