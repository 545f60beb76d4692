"""Pose and face mesh of videos, as tables: one row per decoded frame, with or without a person.

Frames are divided into segments (`segments`); in each, one person is tracked (`person_tracker`), in several segments
side by side (`networks.scheduler`); the readings are written as tables (`tables`, `job`).
"""
