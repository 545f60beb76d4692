"""A corpus of bad inputs, and of odd but good ones, each with the outcome that follows from how it was made.

Nothing is committed but the code that makes the files: they are the same each time. `make bad-input` reads all of them,
`test_bad_input.py` a fixed sample.
"""
