import os
import subprocess
import sys

import numpy as np
import skops.io
from sklearn.neighbors import KNeighborsClassifier

from moodreel.classify.archive import reproducible

WRITE = """
import sys, numpy as np, skops.io
from sklearn.neighbors import KNeighborsClassifier
from moodreel.classify.archive import reproducible
padding = [object() for _ in range(int(sys.argv[1]))]
shared = np.arange(3.0)
fitted = KNeighborsClassifier(1, algorithm="brute").fit(np.eye(4), list("abab"))
given = {"set": set("performer video window".split()), "model": fitted, "one": shared, "two": shared, "bytes": b"x"}
sys.stdout.buffer.write(reproducible(skops.io.dumps(given)))
"""


def written(seed: str, padding: str) -> bytes:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", WRITE, padding], env=environment, capture_output=True, check=True)
    return done.stdout


def test_the_same_object_is_the_same_bytes_in_another_process():
    assert written("1", "0") == written("2", "1000")


def test_what_comes_back_is_what_was_written():
    shared = np.arange(3.0)
    fitted = KNeighborsClassifier(1, algorithm="brute").fit(np.eye(4), list("abab"))
    given = {"set": {"b", "a"}, "model": fitted, "one": shared, "two": shared, "bytes": b"x", "nothing": None}
    back = skops.io.loads(reproducible(skops.io.dumps(given)), trusted=[])
    assert back.keys() == given.keys()
    assert (back["set"], back["bytes"]) == ({"b", "a"}, b"x")
    np.testing.assert_array_equal(back["one"], shared)
    assert back["model"].predict(np.eye(4)).tolist() == list("abab")
