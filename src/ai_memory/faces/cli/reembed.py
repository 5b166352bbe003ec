"""`ai-memory reembed`: make the vectors that are missing, or all of them with another model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ai_memory.errors import CapabilityMissing, EmbedderUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.paint import plural
from ai_memory.faces.cli.progress import Bar, Preparation, wants_bar
from ai_memory.faces.cli.setting import node_url, settings
from ai_memory.faces.problems import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.operations.embed_memories import EmbedResult

_BATCH: Final = 64
"""Memories between two steps of the bar, each durable on its own."""


def configure(parser: Parser, name: str) -> None:
    """Declare the progress bar, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` makes every vector that is missing. If the store's vectors come "
            "from another model than\nthe configured one, they are dropped and made anew. "
            "Interrupt it at any time: the next run goes on."
        )
    )
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Embed until nothing is missing; 1 when some memories are left without vectors."""
    config = settings(call.flags)
    if node_url(call.flags, config) is not None:
        raise ValidationFailed(
            "reembed works on the file itself", hint="Name it with --db; a node does it by itself."
        )
    if config.tier == "keyword":
        raise CapabilityMissing(
            "the keyword level has no embedder", hint="Say --level semantic, or set AI_MEMORY_TIER."
        )
    from ai_memory.compose import open_node

    quiet = call.flags.quiet
    with Preparation(quiet=quiet) as preparation:
        opened = open_node(config, background=False, progress=preparation.told, replace_model=True)
    try:
        model = opened.node.facts.embedder
        if model is None:
            raise EmbedderUnavailable(opened.node.facts.embedder_problem or "no embedder")
        shown = wants_bar(asked="progress" in call.options, quiet=quiet)
        embedded, dropped, remaining = _embed_all(opened, shown=shown)
    finally:
        opened.close()
    if call.flags.json:
        output.emit_json(
            {
                "model": model.id,
                "dim": model.dim,
                "embedded": embedded,
                "dropped": dropped,
                "remaining": remaining,
            }
        )
    else:
        old = f", dropped {plural(dropped, 'old vector')}" if dropped else ""
        memories = plural(embedded, "memory", "memories")
        output.emit(f"embedded {memories} with {model.id} ({model.dim} dimensions){old}")
        if remaining:
            output.note(f"warning: {remaining} still have no vectors; run it again", quiet=quiet)
    return EXIT_FAILED if remaining else EXIT_OK


def _embed_all(opened: OpenNode, *, shown: bool) -> tuple[int, int, int]:
    """How many were embedded, how many old vectors were dropped, how many are left."""
    from ai_memory.operations.embed_memories import EmbedMemories

    caller = opened.caller("cli")
    execute = opened.node.execute
    done: EmbedResult = execute(caller, EmbedMemories(limit=_BATCH, replace_model=True))
    dropped, embedded = done.dropped, done.embedded
    with Bar("embedding", embedded + done.remaining, unit="memories", shown=shown) as bar:
        bar.reach(embedded)
        while done.remaining and done.embedded:
            done = execute(caller, EmbedMemories(limit=_BATCH))
            embedded += done.embedded
            bar.reach(embedded)
    return embedded, dropped, done.remaining
