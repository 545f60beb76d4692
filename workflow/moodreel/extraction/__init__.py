"""Pose and face mesh of videos, as tables: one row per decoded frame, whatever was or was not seen in it.

Frames come in segments (`segments`), each is followed through (`person_tracker`), several of them side by side
(`networks.scheduler`), and what was seen is written as tables (`tables`, `job`).
"""
