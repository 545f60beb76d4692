"""Checking a run's record as others would: with the validator of the RO-Crate community, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CONTEXT = Path(__file__).with_name("ro-crate-context.json")
"""The terms that our records use, as w3id.org/ro/crate/1.1/context explains them."""


def issues(folder: Path, profile: str, severity: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the validator has against the crate in `folder`."""
    from rocrate_validator import models, services
    from rocrate_validator.utils import http

    class Answer:
        """What the context's address would answer."""

        status_code, text = 200, CONTEXT.read_text(encoding="utf-8")
        headers = {"Content-Type": "application/ld+json"}  # noqa: RUF012

        def json(self) -> dict:
            return json.loads(self.text)

    monkeypatch.setattr(http.HttpRequester, "get", lambda *_, **__: Answer(), raising=False)
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier=profile,
        requirement_severity=models.Severity[severity],
        offline=True,
        cache_path=folder / ".cache",
    )
    return [f"{one.check.identifier}: {one.message}" for one in services.validate(settings).get_issues()]
