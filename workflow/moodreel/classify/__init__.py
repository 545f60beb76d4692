"""Classifiers of windows, and what their figures are worth."""
