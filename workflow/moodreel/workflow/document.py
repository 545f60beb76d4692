"""The documentation of the steps, from their declarations."""

from moodreel.storage.fingerprint import ROOT
from moodreel.tables.schema import Table
from moodreel.workflow.step import Declaration, Input, Output, load


def steps_page() -> str:
    """Markdown page of every step: its inputs, outputs and options, and the settings that rerun it."""
    lines = [
        "# Steps",
        "",
        "Written by `make docs` from `workflow/moodreel/steps/`. Each rule runs one step, which also runs by hand:",
        "`.venv/bin/python -m moodreel.steps.<step> --help`. [tables.md](tables.md) describes tables,",
        "[settings.md](settings.md) settings. A setting that a step does not see never reruns it directly.",
    ]
    for module in sorted((ROOT / "steps").glob("[a-z]*.py")):
        lines += ["", *_section(load(module.stem))]
    return "\n".join(lines) + "\n"


def _section(step: Declaration) -> list[str]:
    lines = [f"## {step.name}", "", " ".join(step.description.split()), ""]
    lines += ["| | command line | meaning |", "|---|---|---|"]
    given = [
        (f"`--{name.replace('_', '-')}`" if not one.through_videos else "", one) for name, one in step.inputs.items()
    ]
    lines += [f"| reads | {option} | {_what(one)} |" for option, one in given]
    for name, out in step.outputs.items():
        flag = "--out" if name == "out" else f"--{name.replace('_', '-')}-out"
        lines.append(f"| writes | `{flag}` | {_what(out)} |")
    for name, option in step.options.items():
        lines.append(f"| option | `--{name.replace('_', '-')}` | {option.meaning} |")
    settings = ", ".join(f"`{entry}`" for entry in step.settings) or "none"
    return [*lines, "", f"Settings: {settings}. Libraries in the stamp: {', '.join(step.libraries) or 'Python alone'}."]


def _what(one: Input | Output) -> str:
    what = f"[`{one.what.name}`](tables.md)" if isinstance(one.what, Table) else one.what
    if isinstance(one, Input):
        how = [word for word, holds in (("any number", one.many), ("of each video", one.through_videos)) if holds]
        what += f" ({', '.join(how)})" if how else ""
    return what + ("; optional" if one.optional else "")
