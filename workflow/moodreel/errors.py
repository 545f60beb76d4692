"""Errors that are shown to the user."""


class UserError(Exception):
    """A mistake that the user can correct.

    The message says what is wrong, where (file, line, key), what is allowed and what to do. Steps print it without a
    traceback; every other exception is a bug of moodreel and keeps its traceback.
    """
