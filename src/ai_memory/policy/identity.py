"""What an agent is called when it did not say."""

from __future__ import annotations

from typing import Final

from ai_memory import late

_FOREIGN: Final = late.pattern(r"[^A-Za-z0-9_.-]+")


def _part(text: str) -> str:
    return _FOREIGN.sub("-", text).strip("-") or "unknown"


def default_agent_id(
    *, host: str, pid: int, disambiguator: str, client: str | None = None, anonymize: bool = False
) -> str:
    """The identity of a process that claimed none.

    An MCP client that announced its name is `ai:<client>@<host>:pid-<pid>`; any other process is
    `host:<host>:pid-<pid>-<8 hex>`; with `anonymize`, the host is left out.

    Args:
        host: Host name; foreign characters become `-`.
        pid: Process id.
        disambiguator: 8 hex digits, fixed for the life of the process.
        client: The name an MCP client announced, if it did.
        anonymize: Whether to leave the host out.
    """
    if client:
        where = "anonymous" if anonymize else _part(host)
        return f"ai:{_part(client)}@{where}:pid-{pid}"[:128]
    if anonymize:
        return f"anonymous:pid-{pid}-{disambiguator}"
    return f"host:{_part(host)}:pid-{pid}-{disambiguator}"[:128]
