"""Damages saved models in many ways and loads each; run in a process of its own, which may crash or hang.

`python damage_models.py FOLDER TRIALS` prints a line before each trial, and "done" at the end. Exit status 1: a model
that was loaded does not predict.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

from moodreel.classify.saved import load
from moodreel.errors import UserError

EXTREMES = {"i": (-1, 2**31 - 1, -(2**31)), "u": (0, 255), "f": (np.nan, np.inf, -1e300, 0.0), "b": (True, False)}


def swap_arrays(files: dict[str, bytes], rng: np.random.Generator) -> None:
    """Exchange the contents of two members."""
    one, other = rng.choice([name for name in files if name != "schema.json"], 2, replace=False)
    files[one], files[other] = files[other], files[one]


def spoil_array(files: dict[str, bytes], rng: np.random.Generator) -> None:
    """Put an extreme value into an array, or into a field of its records; or cut the array short."""
    name = rng.choice([name for name in files if name != "schema.json"])
    array = np.load(io.BytesIO(files[name])).copy()
    flat = array.reshape(-1)
    if rng.random() < 0.2 and array.ndim:
        array = array[: len(array) // 2]
    elif len(flat):
        part = flat[rng.choice(flat.dtype.names)] if flat.dtype.names else flat
        values = EXTREMES.get(part.dtype.kind, (part[0],))
        with np.errstate(all="ignore"):
            part[rng.integers(len(part))] = np.array(values[rng.integers(len(values))]).astype(part.dtype)
    buffer = io.BytesIO()
    np.save(buffer, array)
    files[name] = buffer.getvalue()


def spoil_schema(files: dict[str, bytes], rng: np.random.Generator) -> None:
    """Change a value of the schema, or take a part out of it."""
    schema = json.loads(files["schema.json"])
    nodes, waiting = [], [schema["content"]]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            nodes.append(one)
        waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    node = nodes[rng.integers(len(nodes))]
    key = rng.choice(list(node)) if node else None
    if key is not None and rng.random() < 0.3:
        del node[key]
    elif key is not None:
        node[key] = rng.choice(np.array(["-1", "1000000000", "null", '"text"', "[]", "1e308", 7, None], dtype=object))
    files["schema.json"] = json.dumps(schema).encode()


def flip_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """Change eight bytes anywhere in the file."""
    changed = bytearray(content)
    for place in rng.integers(len(changed), size=8):
        changed[place] ^= int(rng.integers(1, 256))
    return bytes(changed)


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """The model, damaged in one way."""
    kind = rng.integers(4)
    if kind == 3:
        return flip_bytes(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (swap_arrays, spoil_array, spoil_schema)[kind](files, rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def main(folder: Path, trials: int) -> None:
    refused = 0
    for path in sorted(folder.glob("*.skops")):
        content = path.read_bytes()
        sound = load(path)
        shape = sound.rows // round(sound.grid_hz / sound.rate_hz), len(sound.scaler.columns_)
        series = np.random.default_rng(0).normal(size=(5, *shape)).astype(np.float32)
        for trial in range(trials):
            print(path.stem, trial, flush=True)
            damaged = folder / "damaged"
            damaged.write_bytes(damage(content, np.random.default_rng([trial, len(content)])))
            try:
                model = load(damaged)
            except UserError as error:
                refused += "rain" in str(error)
                continue
            for classifier in (model.clusters, model.truth):
                if classifier:
                    assert classifier.predict(series).shape == (5,)
    print("done", refused)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
