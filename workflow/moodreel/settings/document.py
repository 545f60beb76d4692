"""The documentation of the settings, from their classes: a Markdown table and the JSON schema."""

import json
import types
import typing
from typing import Any

import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from moodreel.settings.resolve import Settings, is_section, walk


def allowed_in_words(field: Any) -> str:
    """The values that a key allows, in words: its type, choices and bounds."""
    words = [_type_words(field.annotation)]
    for rule in field.metadata:
        match rule:
            case Gt(gt=bound):
                words.append(f"> {bound:g}")
            case Ge(ge=bound):
                words.append(f">= {bound:g}")
            case Lt(lt=bound):
                words.append(f"< {bound:g}")
            case Le(le=bound):
                words.append(f"<= {bound:g}")
            case MinLen(min_length=size):
                words.append(f"at least {size} long")
            case MaxLen(max_length=size):
                words.append(f"at most {size} long")
    return ", ".join(words)


def _type_words(kind: Any) -> str:
    names = {int: "whole number", float: "number", str: "text", bool: "true or false", type(None): "null"}
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " | ".join(str(choice) for choice in inner)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type_words(part) for part in inner)
    if origin in (list, tuple):
        return f"list of ({_type_words(inner[0])})" if inner else "list"
    if origin is dict:
        return f"mapping of {_type_words(inner[0])} to {_type_words(inner[1])}"
    if origin is typing.Annotated:
        return _type_words(inner[0])
    if is_section(kind):
        return "section"
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def unit(field: Any) -> str:
    return (field.json_schema_extra or {}).get("unit", "")


def _scalar(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return yaml.safe_dump(value, default_flow_style=True, width=10_000).strip()
    return yaml.safe_dump(value).splitlines()[0]


def settings_page() -> str:
    """Markdown table of every setting."""
    rows = [
        "# Settings",
        "",
        "Written by `make docs` from `workflow/moodreel/settings/`.",
        "",
        "| key | default | unit | allowed | meaning |",
        "|---|---|---|---|---|",
    ]
    for key, field in walk():
        if not is_section(field.annotation):
            default = "" if field.is_required() else f"`{_scalar(field.get_default(call_default_factory=True))}`"
            cells = (f"`{key}`", default or "required", unit(field), allowed_in_words(field), field.description)
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def schema() -> str:
    """The JSON schema, for editors."""
    return json.dumps(Settings.model_json_schema(), indent=1) + "\n"
