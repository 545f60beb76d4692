"""Keys that a configuration holds twice."""

import os
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.workflow.preflight.keys import check_keys


@pytest.fixture
def check(tmp_path):
    """Writes texts as configurations and checks them."""

    def write_and_check(*texts: str) -> None:
        paths = [tmp_path / f"{n}.yaml" for n in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        check_keys(paths)

    return write_and_check


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run: a\nvideos: v.tsv\nrun: b\n", ["line 3: run, also on line 1"]),
        ("windows: {length_s: 2, length_s: 3}\n", ["line 1: windows.length_s, also on line 1"]),
        ("windows:\n  length_s: 2\nrun: a\nwindows:\n  stride_s: 1\n", ["line 4: windows, also on line 1"]),
        ("clusters: {names: {1: a, 2: b, 1: c}}\nrun: a\n'run': b\n",
         ["line 1: clusters.names.1, also on line 1", "line 3: run, also on line 2"]),
        ('{"run": "a",\n"run": "b"}', ["line 2: run, also on line 1"]),
    ],
)  # fmt: skip
def test_a_key_that_stands_twice_is_named_with_both_lines(check, text, told):
    with pytest.raises(UserError) as caught:
        check("run: other\n", text)
    message = str(caught.value)
    assert [line.removeprefix("  - ") for line in message.split("\n") if line.startswith("  - ")] == told
    assert "1.yaml" in message and "0.yaml" not in message


@pytest.mark.parametrize(
    "text",
    [
        "windows: {rate_hz: 25}\nclusters: {k: 4, names: {1: a, 2: a}}\n",
        "base: &base {length_s: 2}\nwindows:\n  <<: *base\n  length_s: 3\nothers: {<<: *base}\n",
        "a: &a [1, {b: *a}]\n",
        "__use_yte__: true\n?if True:\n  run: a\n?if True:\n  videos: b\n",
        "",
        "- run\n- run\n",
        "no: [configuration\n",
    ],
)
def test_other_configurations_pass(check, text):
    check(text)


def test_pipes_are_not_read_again(tmp_path):
    """Snakemake has read what comes from `--configfile <(...)`: there is nothing left."""
    os.mkfifo(tmp_path / "pipe")
    check_keys([tmp_path / "pipe", Path("absent.yaml")])
