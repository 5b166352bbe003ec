"""Floor of a first reply over MCP: the SDK's own server with one tool, on stdio.

Run as a file, so that nothing else is imported.
"""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("one tool")


@server.tool()
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


if __name__ == "__main__":
    server.run("stdio")
