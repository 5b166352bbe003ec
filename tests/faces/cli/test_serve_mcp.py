"""The commands that start a server: their words; the servers have tests of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faces.cli.shell import Shell, process

from ai_memory.faces.cli.call import Call, Flags
from ai_memory.faces.cli.serve import _bind


@pytest.mark.parametrize(
    ("flags", "options", "bind"),
    [
        ({}, {}, None),
        ({"bind": "127.0.0.1:1"}, {}, "127.0.0.1:1"),
        ({}, {"port": "5"}, "127.0.0.1:5"),
        ({}, {"host": "localhost"}, "localhost:9077"),
        ({}, {"host": "::1", "port": "5"}, "[::1]:5"),
    ],
)
def test_where_to_listen(flags: dict[str, str], options: dict[str, str], bind: str | None) -> None:
    assert _bind(Call("serve", Flags(**flags), options)) == bind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("serve", "--bind", "127.0.0.1:1", "--port", "2"), "--bind names host and port already"),
        (("serve", "--url", "http://x"), "--url is for commands"),
        (("serve", "--bind", "127.0.0.1:99999"), "bind (flag) must look like"),
        (("serve", "--bind", "0.0.0.0:0"), "refusing to listen on 0.0.0.0 without an API key"),
        (("serve", "--tier", "clever"), "tier (flag) must be one of"),
        (("mcp", "--profile", "nonsense"), "unknown profile or family 'nonsense'"),
        (("mcp", "--url", "http://x"), "--url does not go with mcp"),
        (("mcp", "--bind", "x:1"), "--bind does not go with mcp"),
    ],
)
def test_what_a_server_refuses(sh: Shell, words: tuple[str, ...], error: str) -> None:
    outcome = sh(*words)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {error}")


def test_mcp_speaks_the_protocol_and_ends_with_its_input(tmp_path: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    outcome = process("mcp", "--tier", "keyword", stdin=json.dumps(hello).encode() + b"\n")
    assert outcome.code == 0
    assert outcome.json["result"]["serverInfo"]["name"] == "ai-memory"
    assert not (tmp_path / "folder" / "memory.db").exists()
