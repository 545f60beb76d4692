"""Labelled pictures of faces: how often each backend that says something of a face agrees with their labels."""
