"""A stand-in for conda where no channel can be had: it makes environments with uv, of the pip pins of a file alone.

Versions and hashes of what the pins need in turn are those of the lock. What the stand-in does not show is whether
conda's own Python and pip come to the same.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")

ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


def pins(file: Path) -> list[str]:
    """The pip pins of an environment file."""
    dependencies = yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"]
    return next(found["pip"] for found in dependencies if isinstance(found, dict))


def lock(requirements: list[str]) -> Path:
    """The lock that holds these requirements."""
    on_gpu = any(requirement.startswith("onnxruntime-gpu") for requirement in requirements)
    return ROOT / "envs" / f"{'cuda' if on_gpu else 'cpu'}.lock.txt"


def make(requirements: list[str], folder: Path, *, python: str = sys.executable) -> Path:
    """Make an environment that holds pip, these requirements and what they need, and nothing else.

    Returns its Python. Raises CalledProcessError, with what uv says in `stderr`, where it cannot be had.
    """
    path = folder / "bin" / "python"
    _uv("venv", "--quiet", "--python", python, str(folder))
    _uv("pip", "install", "--quiet", "--python", str(path), "pip")
    _install(requirements, path)
    return path


def would_install(requirements: list[str], python: Path) -> list[str]:
    """The names of what these requirements would add to an environment. Errors as of `make`."""
    said = _install(requirements, python, "--dry-run").stderr
    return re.findall(r"^ \+ ([\w.-]+)==", said, re.M)


def _install(requirements: list[str], python: Path, *options: str) -> subprocess.CompletedProcess[str]:
    pinned = ["--require-hashes", "--constraints", str(lock(requirements)), "--requirement", "-"]
    return _uv("pip", "install", "--python", str(python), *options, *pinned, told="\n".join(requirements))


def _uv(*arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([UV, *arguments], input=told, capture_output=True, text=True, check=True)


def stand_in(folder: Path) -> Path:
    """Write the commands that Snakemake calls below `folder`. Returns the folder for PATH."""
    commands = folder / "bin"
    commands.mkdir(parents=True)
    (commands / "activate").write_text(ACTIVATE)
    conda = commands / "conda"
    here = shlex.join([sys.executable, str(Path(__file__).resolve()), str(folder)])
    conda.write_text(f'#!/bin/sh\nexec {here} "$@"\n')
    conda.chmod(0o755)
    return commands


def main(folder: str, *arguments: str) -> None:
    """What Snakemake asks of conda."""
    match arguments:
        case ["--version"]:
            print("conda 24.11.0")
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": folder, "platform": "linux-64"}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["clean", *_]:
            pass
        case ["env", "create", *options]:
            parser = argparse.ArgumentParser("conda env create")
            parser.add_argument("--file", type=Path, required=True)
            parser.add_argument("--prefix", type=Path, required=True)
            args, _ = parser.parse_known_args(options)
            try:
                make(pins(args.file), args.prefix, python=_python_of(args.file))
            except subprocess.CalledProcessError as error:
                sys.exit(error.stderr)
        case _:
            sys.exit(f"the stand-in for conda does not know: {shlex.join(arguments)}")


def _python_of(file: Path) -> str:
    """The Python that the file names, where it is here; else the one that runs this."""
    dependencies = yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"]
    version = next(found.removeprefix("python=") for found in dependencies if str(found).startswith("python="))
    try:
        return _uv("python", "find", "--no-project", "--no-python-downloads", version).stdout.strip()
    except subprocess.CalledProcessError:
        return sys.executable


if __name__ == "__main__":
    main(*sys.argv[1:])
