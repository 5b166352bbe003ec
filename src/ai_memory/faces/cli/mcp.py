"""`ai-memory mcp`: MCP on stdin and stdout, for the client that started it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.progress import Preparation
from ai_memory.faces.cli.setting import settings

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode
    from ai_memory.faces.cli.parser import Parser


def configure(parser: Parser, name: str) -> None:
    """Declare the profile, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` speaks MCP on stdin and stdout; an MCP client starts it.\n"
            "Everything else goes to stderr."
        )
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="Which tools to show: core, graph, admin, power, full, or families with commas.",
    )
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Serve until the client is gone."""
    for flag in ("url", "bind"):
        if getattr(call.flags, flag) is not None:
            raise ValidationFailed(
                f"--{flag} does not go with mcp on stdin and stdout",
                hint="A node that `ai-memory serve` started answers MCP at its /mcp.",
            )
    config = settings(call.flags, profile=call.options.get("profile"))

    def open_node() -> OpenNode:
        # Imported when called: the first reply must not wait for it.
        from ai_memory.compose import open_node as compose_node

        with Preparation(quiet=call.flags.quiet) as preparation:
            return compose_node(config, progress=preparation.told)

    from ai_memory.faces.mcp.stdio import run_stdio

    return run_stdio(open_node, config.profile)
