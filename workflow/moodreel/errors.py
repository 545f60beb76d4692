"""Errors that speak to the user."""


class UserError(Exception):
    """A mistake that the person running moodreel can mend.

    The message says what was wrong, where (file, line, key), what is allowed and what to do. Steps print it without a
    traceback; every other exception is a bug of ours and keeps its traceback.
    """
