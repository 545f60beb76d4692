"""The base class of every section of the configuration, and how a section declares a setting."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

REQUIRED: Any = ...
"""The default of a setting that has none: it must be given."""


class Section(BaseModel):
    """One section of `config.yaml`. Unknown keys are errors; values are not changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def each_once(names: list[str]) -> list[str]:
    """A validator for lists of names: returns `names`, raises ValueError where one is repeated."""
    if len(set(names)) < len(names):
        raise ValueError("each name may occur only once")
    return names


def setting(default: Any, meaning: str, *, unit: str = "", apart: bool = False, **checks: Any) -> Any:
    """A field of a section: its default, what it means, its unit (`s`, `Hz`, `px`, ...) and pydantic's checks (`gt`, `le`, ...).

    apart: a step that sees the section sees this setting only if it also names it. Settings that change where or how
    often something is computed, but not the result, are named by no step, so that changing them reruns nothing.
    """
    if isinstance(default, (list, dict, Section)):
        kind: dict[str, Any] = {
            "default_factory": lambda: default.model_copy() if isinstance(default, Section) else type(default)(default)
        }
    else:
        kind = {"default": default}
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    if apart:
        extra["apart"] = True
    return Field(**kind, description=meaning, json_schema_extra=extra or None, **checks)
