"""Servers to ask: one per test, and one per module for tests that store nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faces.http.running import KEY, Running, running


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose tests refuse everything; it is empty before and after each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AI_MEMORY_NO_CONFIG", "1")
        patch.delenv("AI_MEMORY_API_KEY", raising=False)
        with running(tmp_path_factory.mktemp("empty")) as found:
            yield found
            assert found.total() == 0


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a key and host names of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AI_MEMORY_NO_CONFIG", "1")
        hosts = "Memory.Example:8443,other.example"
        folder = tmp_path_factory.mktemp("locked")
        with running(folder, api_key=KEY, allowed_hosts=hosts) as found:
            yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a few memories, for tests that may store more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AI_MEMORY_NO_CONFIG", "1")
        patch.delenv("AI_MEMORY_API_KEY", raising=False)
        with running(tmp_path_factory.mktemp("filled")) as found:
            for title in ("Coffee", "Tea", "Water"):
                found.store(title=title)
            yield found
