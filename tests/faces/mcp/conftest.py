"""A node at the keyword level, and the loop the tests run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenNode]:
    config = load_config({"db": str(tmp_path / "node.db"), "tier": "keyword", "profile": "full"})
    node = open_node(config)
    yield node
    node.close()
