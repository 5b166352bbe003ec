"""A server to talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.adapters.embedder.scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server
