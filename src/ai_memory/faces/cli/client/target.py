"""Which clients there are, where their settings lie, and what goes into them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ai_memory.faces.cli.client.edit import NAME, Edit, JsonEntry, JsonHook, TomlBlock

Command = tuple[str, ...]
"""The words that start `ai-memory`, without `mcp`."""


class Place(NamedTuple):
    """The machine as far as settings files care.

    Attributes:
        home: The user's folder.
        platform: As in `sys.platform`.
        environment: As in `os.environ`.
    """

    home: Path
    platform: str
    environment: Mapping[str, str]

    @property
    def application_data(self) -> Path:
        """Where desktop programs keep settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config")


class Target(NamedTuple):
    """One client.

    Attributes:
        files: The settings files with their edits, from the place and the command; a path given
            with --config takes the first one's place.
        then: What the person has to do afterwards.
    """

    name: str
    title: str
    files: Callable[[Place, Command], list[tuple[Path, Edit]]]
    then: str


def _server(command: Command) -> dict[str, object]:
    return {"command": command[0], "args": [*command[1:], "mcp"]}


def _servers(*parts: str) -> Callable[[Place, Command], list[tuple[Path, Edit]]]:
    """A file below the home folder whose `mcpServers` name each server."""
    return lambda place, command: [
        (place.home.joinpath(*parts), JsonEntry(("mcpServers", NAME), _server(command)))
    ]


def _claude_code(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    entry = {"type": "stdio", **_server(command)}
    boot = shlex.join([*command, "boot", "--quiet", "--limit", "10", "--budget-tokens", "4096"])
    return [
        (place.home / ".claude.json", JsonEntry(("mcpServers", NAME), entry)),
        (place.home / ".claude" / "settings.json", JsonHook(boot)),
    ]


def _claude_desktop(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    file = place.application_data / "Claude" / "claude_desktop_config.json"
    return [(file, JsonEntry(("mcpServers", NAME), _server(command)))]


def _vscode(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    file = place.application_data / "Code" / "User" / "mcp.json"
    return [(file, JsonEntry(("servers", NAME), {"type": "stdio", **_server(command)}))]


def _codex(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    folder = Path(place.environment.get("CODEX_HOME") or place.home / ".codex")
    values: dict[str, str | list[str]] = {"command": command[0], "args": [*command[1:], "mcp"]}
    return [(folder / "config.toml", TomlBlock(f"mcp_servers.{NAME}", values))]


def _zed(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    # On the Mac, too, Zed keeps its settings where Linux programs do.
    folder = place.home / ".config" if place.platform == "darwin" else place.application_data
    name = "Zed" if place.platform == "win32" else "zed"
    entry = {**_server(command), "env": {}}
    return [(folder / name / "settings.json", JsonEntry(("context_servers", NAME), entry))]


def _cline(place: Place, command: Command) -> list[tuple[Path, Edit]]:
    """One place for all of Cline, and the older one of its extension where VS Code is."""
    root = Path(place.environment.get("CLINE_DIR") or place.home / ".cline")
    data = Path(place.environment.get("CLINE_DATA_DIR") or root / "data")
    user = place.application_data / "Code" / "User"
    folders = [data]
    if user.exists():
        folders.append(user / "globalStorage" / "saoudrizwan.claude-dev")
    entry = JsonEntry(("mcpServers", NAME), _server(command))
    return [(folder / "settings" / "cline_mcp_settings.json", entry) for folder in folders]


_RESTART: Final = "Restart it; the tools begin with memory_."

TARGETS: Final = (
    Target("claude-code", "Claude Code", _claude_code,
           "Start a new session: it begins with what matters, and /mcp lists ai-memory."),
    Target("claude-desktop", "Claude Desktop", _claude_desktop, _RESTART),
    Target("cursor", "Cursor", _servers(".cursor", "mcp.json"), _RESTART),
    Target("windsurf", "Windsurf", _servers(".codeium", "windsurf", "mcp_config.json"), _RESTART),
    Target("codex", "Codex", _codex, _RESTART),
    Target("vscode", "VS Code", _vscode, "Its chat, in agent mode, asks to start the server."),
    Target("gemini", "Gemini CLI", _servers(".gemini", "settings.json"),
           "Restart it; /mcp lists ai-memory."),
    Target("zed", "Zed", _zed, "Its agent panel lists ai-memory at once."),
    Target("cline", "Cline", _cline, _RESTART),
    Target("continue", "Continue", _servers(".continue", "mcpServers", "ai-memory.json"), _RESTART),
    Target("generic", "any client that reads an mcp.json", _servers("mcp.json"), _RESTART),
)  # fmt: skip

_ALSO: Final = {
    "gemini-cli": "gemini", "claude": "claude-code", "vs-code": "vscode", "code": "vscode",
    "copilot": "vscode", "codex-cli": "codex", "cline-cli": "cline",
}  # fmt: skip

NAMES: Final = tuple(target.name for target in TARGETS)


def target_named(name: str) -> Target | None:
    """The target with this name, or one it also goes by."""
    name = _ALSO.get(name.lower(), name.lower())
    return next((target for target in TARGETS if target.name == name), None)
