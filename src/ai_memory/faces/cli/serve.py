"""`ai-memory serve`: HTTP, and MCP over HTTP, until stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.progress import Preparation
from ai_memory.faces.cli.setting import settings

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser


def configure(parser: Parser, name: str) -> None:
    """Declare the options of the server, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` answers HTTP on --bind, and MCP on /mcp there, until Ctrl-C or "
            "SIGTERM.\nThe first line on stderr names the address once it listens."
        )
    )
    parser.add_argument("--host", metavar="HOST", help="Instead of --bind: the address alone.")
    parser.add_argument("--port", metavar="PORT", help="Instead of --bind: the port alone.")
    parser.add_argument(
        "--workers",
        metavar="N",
        help="Processes that answer; 1: this one (default: as many as processors, at most 4).",
    )
    parser.add_argument("--profile", metavar="NAME", help="Which tools MCP shows: core, full, …")
    parser.add_argument(
        "--allowed-hosts",
        dest="allowed_hosts",
        metavar="A,B",
        help="Host names besides the loopback's that requests may name.",
    )
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Serve; 0 after a graceful stop."""
    if call.flags.url is not None:
        raise ValidationFailed(
            "--url is for commands that talk to a running node",
            hint="Say where to listen with --bind HOST:PORT.",
        )
    options = call.options
    config = settings(
        call.flags,
        bind=_bind(call),
        profile=options.get("profile"),
        workers=options.get("workers"),
        allowed_hosts=options.get("allowed_hosts"),
    )
    from ai_memory.faces.http.server import serve

    with Preparation(quiet=call.flags.quiet) as preparation:
        return serve(config, progress=preparation.told)


def _bind(call: Call) -> str | None:
    """Where to listen: --bind, or --host and --port over what is configured."""
    host: Any = call.options.get("host")
    port: Any = call.options.get("port")
    if host is None and port is None:
        return call.flags.bind
    if call.flags.bind is not None:
        raise ValidationFailed("--bind names host and port already", hint="Leave the others away.")
    configured = settings(call.flags)
    host = configured.host if host is None else host
    port = configured.port if port is None else port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
