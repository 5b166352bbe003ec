"""The embedder, the vector index and the way a question takes through them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from ai_memory.adapters.sqlite.connection import MEMORY
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import Config
from ai_memory.errors import AiMemoryError
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.paint import plural
from ai_memory.operations.embed_memories import EmbedMemories
from ai_memory.operations.memory_stats import MemoryStats, StatsResult
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

if TYPE_CHECKING:
    from ai_memory.compose import Progress


def examine_recall(
    config: Config, *, usable: bool, fix: bool, progress: Progress | None
) -> list[Section]:
    """The sections Embedder, Index and Recall.

    Args:
        config: The settings.
        usable: There is a database that can be opened.
        fix: Make missing vectors and the files of the index.
        progress: Is told how far a first conversion of the model has come.
    """
    embedder = Section(name="Embedder", facts=[])
    index = Section(name="Index", facts=[])
    recall = Section(name="Recall", facts=[])
    sections = [embedder, index, recall]
    try:
        # A memory of its own: the model is tried out even where there is no database.
        trial = open_node(config._replace(db=MEMORY), background=False, progress=progress)
    except AiMemoryError as failure:
        embedder.find("critical", failure.message, failure.hint)
        index.severity = recall.severity = "notavailable"
        return sections
    with closing(trial):
        _examine_embedder(embedder, trial)
    if not usable:
        index.severity = recall.severity = "notavailable"
        index.note = recall.note = "There is no database that could be asked."
        return sections
    try:
        with closing(open_node(config, background=False)) as opened:
            _examine_answers(recall, opened, fix=fix)
            _examine_index(index, opened, fix=fix)
    except AiMemoryError as failure:
        recall.find("critical", failure.message, failure.hint)
        if not index.facts:
            index.severity = "notavailable"
    return sections


def _examine_embedder(section: Section, opened: OpenNode) -> None:
    config, facts = opened.config, opened.node.facts
    section.fact("level", facts.level)
    section.fact("embedder", config.embedder)
    if facts.embedder is None:
        problem = facts.embedder_problem
        if problem is None:
            section.note = "The keyword level needs none; --level semantic finds by meaning too."
        else:
            section.find("warning", f"keyword search only: {problem}")
        return
    section.fact("model", facts.embedder.id)
    section.fact("dimensions", facts.embedder.dim)
    section.fact("cache", config.cache_dir)
    caller = opened.caller("cli")
    stored = StoreMemory(title="Coffee", content="Ada drinks her coffee black.")
    question = RecallMemories(context="a hot beverage without milk")
    try:
        clock = opened.node.clock
        began = clock.monotonic()
        opened.node.execute(caller, stored)
        found = opened.node.execute(caller, question)
        section.fact("a store and a recall, ms", round((clock.monotonic() - began) * 1_000, 1))
    except AiMemoryError as failure:
        section.find("critical", failure.message, failure.hint)
        return
    if found.mode != "hybrid":
        section.find(
            "warning",
            "the embedder does not answer",
            "Check its address and its key, if it has one.",
        )


def _examine_index(section: Section, opened: OpenNode, *, fix: bool) -> None:
    """The files of the index against the rows."""
    index: Any = opened.node.index
    if index is None:
        section.severity = "notavailable"
        section.note = "Without an embedder no vectors are searched."
        return
    with opened.node.store.read() as rows:
        problems = index.examine(rows)
        windows = rows.window_count()
    if fix:
        opened.janitor.save_index()
    figures = index.stats()
    section.fact("vectors", windows)
    for name in ("segments", "segment_rows", "tail_rows", "file_bytes"):
        section.fact(name.replace("_", " "), figures[name])
    for problem in problems:
        section.find(
            "warning", f"the index has a problem: {problem}", "`ai-memory doctor --fix` mends it."
        )


def _examine_answers(section: Section, opened: OpenNode, *, fix: bool) -> None:
    """Figures of the store that a recall depends on."""
    caller = opened.caller("cli")
    stats: StatsResult = opened.node.execute(caller, MemoryStats())
    waiting = stats.unembedded
    if fix and waiting and opened.node.facts.embedder is not None:
        waiting = _embed(opened)
    section.fact("memories", stats.total)
    section.fact("expiring within 1h", stats.expiring_soon)
    section.fact("archived", stats.archived_total)
    section.fact("namespaces", len(stats.by_namespace))
    section.fact("mode", "keyword" if opened.node.facts.embedder is None else "hybrid")
    section.fact("waiting for vectors", waiting)
    if waiting and opened.node.facts.embedder is not None:
        section.find(
            "warning",
            f"{plural(waiting, 'memory has', 'memories have')} no vectors yet",
            "A running node makes them by itself; else run `ai-memory reembed`.",
        )


def _embed(opened: OpenNode) -> int:
    """Make missing vectors; how many are left."""
    caller = opened.caller("cli")
    done = opened.node.execute(caller, EmbedMemories())
    while done.remaining and done.embedded:
        done = opened.node.execute(caller, EmbedMemories())
    return int(done.remaining)
