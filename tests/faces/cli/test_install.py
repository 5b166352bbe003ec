from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.cli.shell import Shell

from ai_memory.faces.cli.client.jsonc import Document
from ai_memory.faces.cli.client.target import NAMES, TARGETS, Place

OTHERS: dict[str, Any] = {"theme": "dark", "mcpServers": {"other": {"command": "x"}}, "z": [1]}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings are touched: HOME and what else names a folder lies in a fresh one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.delenv("CLINE_DIR", raising=False)
    monkeypatch.delenv("CLINE_DATA_DIR", raising=False)
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
    assert first.read_text() == before
    assert read(first) == (tomllib.loads(before) if first.suffix == ".toml" else OTHERS)
    for file in files(home, name)[1:]:
        assert not file.exists()


@pytest.mark.parametrize("name", NAMES)
def test_the_written_command_starts_a_server(name: str, home: Path, sh: Shell) -> None:
    sh.ok("install", name, "--yes", "--db", str(home / "m.db"))
    written = read(files(home, name)[0])
    table = next(
        written[key]
        for key in ("mcpServers", "servers", "mcp_servers", "context_servers")
        if key in written
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


@pytest.mark.parametrize(
    "text",
    [
        "{ nonsense", "[]", '{"mcpServers": 5}', "\x00", "{ /* never ends }",
        '{"mcpServers": {"ai-memory": {"command": "docker", "args": ["run", "x"]}}}',
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_is_left_alone(text: str, home: Path, sh: Shell) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(text)
    outcome = sh("install", "cursor", "--yes", "--json")
    assert outcome.code == 2
    assert outcome.problem["code"] == "CONFIG_INVALID"
    assert file.read_text() == text


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_file_shows_the_entry_to_paste(name: str, home: Path, sh: Shell) -> None:
    file = files(home, name)[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\xff no settings [")
    hint = sh("install", name, "--yes", "--json").problem["hint"]
    entry = hint.split("to paste:\n", 1)[1]
    parsed = tomllib.loads(entry) if file.suffix == ".toml" else json.loads(entry)
    assert "mcp" in str(parsed)
    assert "ai-memory" in str(parsed)


COMMENTED = """\
// Zed settings
{
  "theme": "One Dark", // dark
  /* servers { "mcpServers": */
  "context_servers": {
    // mine
    "other": { "command": "x", "url": "http://a/b" }, // kept
  },
  "n": 1e400, "a": 1, "a": 2, // twice
}
"""


def test_comments_and_layout_stay(home: Path, sh: Shell) -> None:
    file = files(home, "zed")[0]
    file.parent.mkdir(parents=True)
    for text in (COMMENTED, COMMENTED.replace("\n", "\r\n"), "\ufeff" + COMMENTED):
        file.write_bytes(text.encode())
        sh.ok("install", "zed", "--yes")
        after = file.read_bytes().decode()
        kept = [line for line in text.splitlines() if line.strip() not in ("},", "}")]
        assert [line for line in after.splitlines() if line in kept] == kept
        assert ("\r\n" in after) == ("\r\n" in text)
        entry = Document(after).value["context_servers"]["ai-memory"]
        assert entry["args"][-1] == "mcp"
        sh.ok("install", "zed", "--uninstall", "--yes")
        left = file.read_bytes().decode()
        assert Document(left).value["context_servers"].keys() == {"other"}
        assert [line for line in left.splitlines() if line in kept] == kept


KEY = st.sampled_from(["a", "b", "mcpServers", "ai-memory", "über", 'q"'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a/*,]}{\\" \n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEY, VALUES, max_size=4), st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_an_edit_is_what_it_says_and_can_be_taken_back(
    root: dict[str, Any], indent: int | str | None, commented: bool
) -> None:
    text = json.dumps(root, indent=indent, ensure_ascii=False)
    if commented:
        text = "// first\n" + text + " /* last */\n"
    servers = root.get("mcpServers", {})
    if not isinstance(servers, dict) or "ai-memory" in servers:
        return
    entry = {"command": "ai-memory", "args": ["mcp"]}
    put = Document(text).put(("mcpServers", "ai-memory"), entry)
    assert Document(put).value == {**root, "mcpServers": {**servers, "ai-memory": entry}}
    taken = Document(put).remove(("mcpServers", "ai-memory"))
    wanted = {key: value for key, value in root.items() if key != "mcpServers" or value}
    assert Document(taken).value == wanted


def test_what_a_person_added_to_our_entry_stays(home: Path, sh: Shell) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    own = {"env": {"AI_MEMORY_NAMESPACE": "mine"}, "disabled": False}
    entry = {"command": "/old/ai-memory", "args": ["mcp", "--profile", "full"], **own}
    file.write_text(json.dumps({"mcpServers": {"ai-memory": entry}}))
    sh.ok("install", "cursor", "--yes", "--db", str(home / "m.db"))
    after = read(file)["mcpServers"]["ai-memory"]
    assert {key: after[key] for key in own} == own
    assert after["args"] == ["--db", str(home / "m.db"), "mcp"] or "-m" in after["args"]


def test_the_hooks_of_others_stay(home: Path, sh: Shell) -> None:
    """Beside ours, in the same item, and those that only speak of us."""
    file = home / ".claude" / "settings.json"
    file.parent.mkdir()
    theirs = [
        {"type": "command", "command": "/usr/bin/mine"},
        {"type": "command", "command": "echo do not boot my ai-memory-notes boot now"},
    ]
    ours = {"type": "command", "command": "ai-memory boot --quiet"}
    items = [{"matcher": "*", "hooks": [theirs[0], ours]}, {"hooks": [theirs[1]]}]
    for words in ([], ["--uninstall"]):
        file.write_text(json.dumps({"hooks": {"SessionStart": items, "Stop": []}, "x": 1}))
        sh.ok("install", "claude-code", "--yes", *words)
        left = read(file)
        kept = left["hooks"]["SessionStart"]
        hooks = [hook for item in kept for hook in item["hooks"]]
        assert [hook for hook in hooks if hook in theirs] == theirs
        assert len(hooks) == len(theirs) + (not words)
        assert (left["x"], left["hooks"]["Stop"]) == (1, [])


def test_each_client_has_its_place_on_each_system() -> None:
    command = ("ai-memory",)
    for platform, zed, code in (
        ("linux", ".config/zed", ".config/Code/User"),
        ("darwin", ".config/zed", "Library/Application Support/Code/User"),
        ("win32", "AppData/Roaming/Zed", "AppData/Roaming/Code/User"),
    ):
        home = Path("/home/nobody-here")
        place = Place(home, platform, {})
        first = {target.name: target.files(place, command)[0][0].as_posix() for target in TARGETS}
        assert first["zed"] == f"{home.as_posix()}/{zed}/settings.json"
        assert first["vscode"] == f"{home.as_posix()}/{code}/mcp.json"
        assert first["gemini"] == f"{home.as_posix()}/.gemini/settings.json"
        shared = f"{home.as_posix()}/.cline/data/settings/cline_mcp_settings.json"
        assert first["cline"] == shared


def test_cline_in_vscode_is_told_too(home: Path, sh: Shell) -> None:
    user = home / ".config" / "Code" / "User"
    user.mkdir(parents=True)
    sh.ok("install", "cline", "--yes")
    inside = user / "globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
    for file in (inside, home / ".cline/data/settings/cline_mcp_settings.json"):
        assert read(file)["mcpServers"]["ai-memory"]["args"][-1] == "mcp"


def test_a_client_must_be_known(home: Path, sh: Shell) -> None:
    assert "Did you mean cursor?" in sh("install", "curser").err
    assert sh.ok("install", "gemini-cli", "--json").json["client"] == "gemini"
    assert sh("install").code == 2
