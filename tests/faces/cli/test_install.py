from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.faces.cli.shell import Shell

from ai_memory.faces.cli.client.target import NAMES, TARGETS, Place

OTHERS: dict[str, Any] = {"theme": "dark", "mcpServers": {"other": {"command": "x"}}, "z": [1]}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings are touched: HOME and what else names a folder lies in a fresh one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / ".codex"))
    return tmp_path


def files(home: Path, name: str) -> list[Path]:
    target = next(one for one in TARGETS if one.name == name)
    place = Place(home, sys.platform, os.environ)
    return [file for file, _edit in target.files(place, ("ai-memory",))]


def read(file: Path) -> dict[str, Any]:
    text = file.read_text()
    value: dict[str, Any] = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_in_and_out_again(name: str, home: Path, sh: Shell) -> None:
    """What was there stays, twice is once, and the way back leaves the file as it was."""
    first = files(home, name)[0]
    first.parent.mkdir(parents=True, exist_ok=True)
    before = (
        'model = "x"\n\n[mcp_servers.other]\ncommand = "y"\n'
        if first.suffix == ".toml"
        else json.dumps(OTHERS, indent=2) + "\n"
    )
    first.write_text(before)

    done = sh.ok("install", name, "--yes", "--json").json
    assert done["applied"]
    assert len(done["backups"]) == 1
    assert Path(done["backups"][0]).read_text() == before
    for file in files(home, name):
        assert "ai-memory" in file.read_text() or "ai_memory" in file.read_text()
    kept = read(first)
    for key, value in tomllib.loads(before).items() if first.suffix == ".toml" else OTHERS.items():
        assert kept[key] == value or "ai-memory" in kept[key]

    again = sh.ok("install", name, "--yes", "--json").json
    assert (again["changed"], again["applied"]) == ([], False)

    gone = sh.ok("install", name, "--uninstall", "--yes", "--json").json
    assert gone["applied"]
    assert read(first) == (tomllib.loads(before) if first.suffix == ".toml" else OTHERS)
    for file in files(home, name)[1:]:
        assert not file.exists()


@pytest.mark.parametrize("name", NAMES)
def test_the_written_command_starts_a_server(name: str, home: Path, sh: Shell) -> None:
    sh.ok("install", name, "--yes", "--db", str(home / "m.db"))
    settings = read(files(home, name)[0])
    table = next(
        settings[key] for key in ("mcpServers", "servers", "mcp_servers") if key in settings
    )
    entry = table["ai-memory"]
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {},
                   "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    if name not in ("cursor", "codex"):
        return  # the words are the same; two shapes of file are enough to run
    done = subprocess.run(
        [entry["command"], *entry["args"]],
        input=json.dumps(hello) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "AI_MEMORY_TIER": "keyword"},
    )
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "ai-memory"


def test_without_a_person_or_yes_nothing_is_written(home: Path, sh: Shell) -> None:
    outcome = sh.ok("install", "cursor")
    assert '+    "ai-memory": {' in outcome.out
    assert "nothing was written" in outcome.err
    assert not (home / ".cursor").exists()
    assert sh.ok("install", "cursor", "--dry-run", "--yes").out == outcome.out
    assert not (home / ".cursor").exists()


@pytest.mark.parametrize("text", ["{ // mine\n}", "[]", '{"mcpServers": 5}', "\x00"])
def test_a_file_that_is_not_understood_is_left_alone(text: str, home: Path, sh: Shell) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(text)
    outcome = sh("install", "cursor", "--yes", "--json")
    assert outcome.code == 2
    assert outcome.problem["code"] == "CONFIG_INVALID"
    assert file.read_text() == text


def test_a_client_must_be_known(home: Path, sh: Shell) -> None:
    assert "Did you mean cursor?" in sh("install", "curser").err
    assert sh("install").code == 2
