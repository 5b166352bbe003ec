"""A memory of its own for every test: a folder, a database in it, no settings from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faces.cli.shell import Node, Shell, serving


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder we stand in: a git checkout whose remote is called `lighthouse`."""
    for name in list(os.environ):
        if name.startswith("AI_MEMORY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AI_MEMORY_NO_CONFIG", "1")
    monkeypatch.setenv("AI_MEMORY_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("AI_MEMORY_TIER", "keyword")
    monkeypatch.setenv("AI_MEMORY_WORKERS", "1")
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("AI_MEMORY_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "folder"
    (folder / ".git").mkdir(parents=True)
    remote = '[core]\n[remote "origin"]\n\turl = git@example.org:ada/lighthouse.git\n'
    (folder / ".git" / "config").write_text(remote)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def sh(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Runs `ai-memory` in this process."""
    return Shell(capsys, monkeypatch)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node in another process, with a key."""
    with serving(tmp_path_factory.mktemp("node"), api_key="a key for tests only") as found:
        yield found
