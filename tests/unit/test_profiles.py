"""Every profile is read by Snakemake, names rules that exist, and says what it promises."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILES = sorted(path.name for path in (ROOT / "profiles").iterdir())
RULES = {
    name: block
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
    for name, block in re.findall(
        r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint|use|if|def) |\Z)", path.read_text(), re.M | re.S
    )
}
DERIVED = dict.fromkeys(("extract_pose", "extract_mesh", "extract_mesh_alone"), "extract")
"""Rules that are made from another with `use rule`."""


def content(profile: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "profiles" / profile / "profile.yaml").read_text())


def options(*profiles: str) -> Any:
    """Snakemake's options as these profiles set them, the last one's first; it exits where it does not know a key."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser(profiles=[str(ROOT / "profiles" / profile) for profile in profiles]).parse_args([])


def plugin(profile: str) -> str | None:
    """The plugin that a profile needs and that is not installed."""
    parts, keys = content(profile), {"executor": "executor", "default-storage-provider": "storage"}
    needed = [f"snakemake_{kind}_plugin_{parts[key]}" for key, kind in keys.items() if key in parts]
    return next((name for name in needed if find_spec(name) is None), None)


@pytest.mark.parametrize("profile", PROFILES)
def test_snakemake_knows_every_key(profile):
    if missing := plugin(profile):
        pytest.skip(f"{missing} is not installed")
    read = options(profile, "default")
    assert read.scheduler == "greedy", "what the default profile says holds beside it"


@pytest.mark.parametrize("profile", PROFILES)
def test_all_but_the_plugins_own_keys_are_snakemakes(profile, capsys):
    """Also where the plugins are not installed."""
    from snakemake.cli import get_argument_parser

    known = {option for action in get_argument_parser()._actions for option in action.option_strings}
    own = tuple(f"--{prefix}-" for prefix in ("slurm", "kubernetes", "storage-s3"))
    keys = {f"--{key}" for key in content(profile) if not key.startswith("__")}
    assert {key for key in keys - known if not key.startswith(own)} == set()


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"default"}))
def test_no_profile_says_what_the_default_one_overrules(profile):
    assert not content(profile).keys() & content("default").keys()


def test_slurm_groups_the_steps_of_single_videos_and_no_step_of_another_kind_with_extraction():
    groups = content("slurm")["groups"]
    assert groups.keys() <= RULES.keys() | DERIVED.keys()
    assert set(content("slurm")["group-components"]) <= set(groups.values())
    per_video = {
        name for name, block in RULES.items() if re.search(r"wildcards\.(video|performer)\b", block) and "localrule: True" not in block
    } - {"extract_shard"}  # fmt: skip
    assert per_video | set(DERIVED) <= set(groups)
    together: dict[str, set[str]] = {}
    for rule, group in groups.items():
        together.setdefault(group, set()).add(rule)
    assert together["extract"] == {"extract", "extract_pose", "extract_mesh_alone"}
    assert together["extract_face"] == {"extract_mesh"}, "it waits for the pose"
    assert content("slurm")["resources"]["gpu"] == 1 and content("slurm")["set-resource-scopes"] == {"gpu": "local"}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_asks_for_memory_and_time_which_grow_or_runs_next_to_snakemake(rule):
    resources = set(re.findall(r"^\s+(\w+)=growing\(", RULES[rule], re.M))
    if "localrule: True" not in RULES[rule]:
        assert {"mem_mb", "runtime"} <= resources


def test_only_what_runs_networks_on_videos_may_ask_for_a_gpu():
    asking = {name for name, block in RULES.items() if re.search(r"^\s+gpu=", block, re.M)}
    assert asking == {"extract", "extract_shard", "emotions"}


def test_the_gpu_profile_gives_each_gpu_of_the_machine_a_job():
    listed = Path("/proc/driver/nvidia/gpus")
    gpus = len(list(listed.iterdir())) if listed.is_dir() else 1
    assert options("gpu", "default").resources["gpu"].value == gpus
