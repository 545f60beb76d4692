"""The base class of every section of the configuration, and how a section declares a setting."""

import os
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

REQUIRED: Any = ...
"""The default of a setting that has none: it must be given."""


class Section(BaseModel):
    """One section of `config.yaml`. Unknown keys are errors; values are not changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """YAML's `yes` is true, which pydantic takes for 1."""
        if _has_truth_for_number(value, cls.model_fields[info.field_name or ""].annotation):
            raise ValueError("expected a number, not true or false (in YAML also written yes, no, on, off)")
        return value


def _has_truth_for_number(value: Any, annotation: Any) -> bool:
    """Whether `value` is, or has in a list or mapping, true or false where `annotation` allows numbers, but neither."""
    if isinstance(value, dict) and get_origin(annotation) is dict:
        sides = zip((list(value), list(value.values())), get_args(annotation), strict=True)
        return any(_has_truth_for_number(one, side) for given, side in sides for one in given)
    given = value if isinstance(value, (list, tuple)) else (value,)
    kinds = _kinds(annotation)
    return bool({int, float} & kinds) and bool not in kinds and any(isinstance(one, bool) for one in given)


def _kinds(annotation: Any) -> set[Any]:
    """The plain types in an annotation, at any depth."""
    parts = get_args(annotation)
    return {kind for part in parts for kind in _kinds(part)} if parts else {annotation}


def each_once(names: list[str]) -> list[str]:
    """A validator for lists of names: returns `names`, raises ValueError where one is repeated."""
    if len(set(names)) < len(names):
        raise ValueError("each name may occur only once")
    return names


def from_home(path: str | None) -> str | None:
    """A validator for paths: `~` is the home folder, as in the table of videos."""
    return os.path.expanduser(path) if path else path


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
