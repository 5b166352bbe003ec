"""No test reads the developer's own settings, and none writes into their home."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair: a busy one must not fail a right program.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

# A server that a test starts is one process; the tests of several say so. Before any fixture.
os.environ["AI_MEMORY_WORKERS"] = "1"


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AI_MEMORY_NO_CONFIG", "1")
    monkeypatch.setenv("AI_MEMORY_DB", str(tmp_path / "default.db"))
    for name in ("TIER", "PROFILE", "AGENT_ID", "API_KEY", "BIND", "NAMESPACE", "ANONYMIZE"):
        monkeypatch.delenv(f"AI_MEMORY_{name}", raising=False)
