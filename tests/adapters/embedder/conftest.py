"""One conversion of the local model for all tests, and a server to talk to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.adapters.embedder.scripted_server import ScriptedServer

from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.minilm import load_minilm


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("AI_MEMORY_CACHE_DIR")
    return Path(named) if named else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def minilm(cache_dir: Path) -> Iterator[Batcher]:
    embedder = load_minilm(cache_dir)
    yield embedder
    embedder.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server
