"""`ai-memory reembed`: make the vectors that are missing, or all of them with another model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_memory.errors import CapabilityMissing, EmbedderUnavailable, StoreBusy, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.paint import plural
from ai_memory.faces.cli.progress import Bar, Preparation, wants_bar
from ai_memory.faces.cli.setting import node_url, settings
from ai_memory.faces.problems import EXIT_OK

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.ports import EmbeddingModel
    from ai_memory.workers.reembedder import Reembedded


def configure(parser: Parser, name: str) -> None:
    """Declare the progress bar, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` makes every vector that is missing. If the store's vectors come "
            "from another model than\nthe configured one, new ones are made beside them; recall "
            "goes on with the old until all are\nthere, then the new ones take over. Interrupt it "
            "at any time: the next run goes on."
        )
    )
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Embed until nothing is missing; what others store meanwhile without this model is told."""
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
        before, done, remaining = _reembed(opened, shown=shown)
    finally:
        opened.close()
    if call.flags.json:
        output.emit_json(
            {
                "model": model.id,
                "dim": model.dim,
                "previous_model": None if before is None else before.id,
                "embedded": done.embedded,
                "dropped": done.dropped,
                "remaining": remaining,
            }
        )
    else:
        old = f", dropped {plural(done.dropped, 'old vector')}" if done.dropped else ""
        memories = plural(done.embedded, "memory", "memories")
        output.emit(f"embedded {memories} with {model.id} ({model.dim} dimensions){old}")
        if remaining:
            output.note(
                f"note: {plural(remaining, 'memory', 'memories')} stored meanwhile by nodes of "
                "another model: a node of this one makes the vectors, or run it again",
                quiet=quiet,
            )
    return EXIT_OK


def _reembed(opened: OpenNode, *, shown: bool) -> tuple[EmbeddingModel | None, Reembedded, int]:
    """The model that served before, what was done, how many memories are left."""
    model = opened.node.facts.embedder
    with opened.node.store.read() as rows:
        before = rows.embedding_model()
        if before in (None, model):
            waiting = rows.count_unembedded()
        elif rows.coming_model() == model:
            waiting = rows.count_unprepared()
        else:
            waiting = rows.counts(opened.node.clock.now()).total
    with Bar("embedding", waiting, unit="memories", shown=shown) as bar:
        done = opened.reembedder.run(bar.reach)
    if done is None:
        raise StoreBusy(
            "another process is making these vectors",
            hint="`ai-memory doctor` shows how far it is.",
        )
    with opened.node.store.read() as rows:
        return before, done, rows.count_unembedded()
