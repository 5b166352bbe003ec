"""A result as MCP carries it: once.

Hosts that find structured content show a model that and drop the text, and others show both, so an
answer stands in one of the two: in the text, unless the settings want it for programs.
"""

from __future__ import annotations

from typing import Any, Final

from anyio import to_thread
from mcp.types import CallToolResult, TextContent

from ai_memory.adapters.tokens import count_cl100k
from ai_memory.errors import AiMemoryError
from ai_memory.faces.codec import error_json, to_builtins, to_json
from ai_memory.faces.mcp.fitting import fitted, surely_fits
from ai_memory.faces.toon import Format, to_toon

_TWIN: Final = "memory"
"""Where clients of HTTP read a memory whose fields stand at the top too."""


async def answer(
    result: Any, form: Format = "json", tokens: int = 0, *, structured: bool = False
) -> CallToolResult:
    """What a tool answers.

    Args:
        result: An operation's result.
        form: How the text is written.
        tokens: Fewer cl100k tokens than this; 0: any number.
        structured: As structured content, for programs; the text then only points there.
    """
    values = _once(to_builtins(result))

    def render(values: dict[str, Any]) -> str:
        if form == "json" or structured:
            return to_json(values).decode()
        return to_toon(values, form)

    text = render(values)
    if tokens and not surely_fits(text, tokens):  # counting may take a while
        values, text = await to_thread.run_sync(fitted, values, render, tokens, count_cl100k)
    if structured:
        pointer = TextContent(text="The answer is the structuredContent of this result.")
        return CallToolResult(content=[pointer], structured_content=values)
    return CallToolResult(content=[TextContent(text=text)])


def failure(error: AiMemoryError) -> CallToolResult:
    """What the caller did not get, in the one shape of errors; always as text."""
    return CallToolResult(content=[TextContent(text=error_json(error).decode())], is_error=True)


def _once(values: dict[str, Any]) -> dict[str, Any]:
    """Without the twin of the fields at the top."""
    twin = values.get(_TWIN)
    if isinstance(twin, dict) and all(values.get(name) == twin[name] for name in twin):
        return {name: value for name, value in values.items() if name != _TWIN}
    return values
