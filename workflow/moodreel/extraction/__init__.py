"""Pose and face mesh of videos, as tables: one row per decoded frame, whatever was or was not seen in it.

Frames come in stretches (`stretches`), each is followed through (`follow`), several of them side by side
(`models.lanes`), and what was seen is written as tables (`tables`, `job`).
"""
