"""What every section of the configuration shares."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

REQUIRED: Any = ...
"""The default of a setting that has none: it must be given."""


class Section(BaseModel):
    """One section of `config.yaml`. Unknown keys are errors; values are not changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def setting(default: Any, meaning: str, *, unit: str = "", **checks: Any) -> Any:
    """A field of a section: its default, what it means, its unit (`s`, `Hz`, `px`, ...) and pydantic's checks (`gt`, `le`, ...)."""
    if isinstance(default, (list, dict, Section)):
        kind: dict[str, Any] = {
            "default_factory": lambda: default.model_copy() if isinstance(default, Section) else type(default)(default)
        }
    else:
        kind = {"default": default}
    return Field(**kind, description=meaning, json_schema_extra={"unit": unit} if unit else None, **checks)
