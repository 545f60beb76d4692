"""Labelled pictures of faces: agreement of each emotion judge with their labels."""
