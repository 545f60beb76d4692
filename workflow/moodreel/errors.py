"""Errors that are shown to the user."""


class UserError(Exception):
    """A mistake that the user can correct.

    The message says what is wrong, where (file, line, key), what is allowed and what to do. Steps print it without a
    traceback; every other exception is a bug of moodreel and keeps its traceback.
    """


class Missing(UserError):
    """Too little is left to do a step's work: windows, videos or classes. This is no mistake, so the run goes on: the
    step writes empty outputs that say so, and so do the steps that need them.

    The message is one sentence or two: what is missing, how many there are, how many are needed, by which settings.
    """
